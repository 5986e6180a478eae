/**
 * api-server/admission/service-account: a pod runs as an account that exists, and gets a volume for its token.
 * Spec: model/controllers/service-account.ts.
 *
 * Deviates: the five letters of the volume's name follow from the account instead of being drawn for each pod, so that
 * pods of one template share their containers; mirror pods are not known; secrets are not counted.
 * Source: kubernetes plugin/pkg/admission/serviceaccount/admission.go, v1.36.
 */
import { Effect } from "effect"
import type { Surroundings } from "#impl/api-server/admission.ts"
import { keyFor } from "#impl/api-server/codec.ts"
import { drawnAlphabet, drawnLength } from "#impl/api-server/registry/metadata.ts"
import { ApiFailed, forbiddenTo } from "#impl/api-server/status.ts"
import { serviceAccountAttempts_max, serviceAccountRetry_min_ms } from "#model/limits/api-server.ts"
import type { Container, Pod } from "#model/objects/pod.ts"
import type { ServiceAccount } from "#model/objects/service-account.ts"

const defaultAccount = "default"
const tokenVolume = "kube-api-access"
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"
/** A second more than an hour and 6: tokens of old clients are watched at that age. */
const tokenLifetime_s = 3_607

type Volume = NonNullable<Pod["spec"]["volumes"]>[number]
const tokenSource: NonNullable<Volume["projected"]> = {
  defaultMode: 0o644,
  sources: [
    { serviceAccountToken: { path: "token", expirationSeconds: tokenLifetime_s } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } }
  ]
}

/** As if drawn, but always the same of the same text. FNV-1a. */
const lettersOf = (text: string): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  let letters = ""
  for (let i = 0; i < drawnLength; i += 1) {
    letters += drawnAlphabet[hash % drawnAlphabet.length]!
    hash = Math.floor(hash / drawnAlphabet.length)
  }
  return letters
}

type Containers = ReadonlyArray<Container>
const mounted = (containers: Containers, name: string): Containers => {
  const isMounted = ({ volumeMounts = [] }: Container): boolean =>
    volumeMounts.some(({ mountPath }) => mountPath === tokenPath)
  return containers.every(isMounted) ? containers : containers.map((one) => isMounted(one) ? one
    : { ...one, volumeMounts: [...(one.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenPath }] })
}

/** The spec with the token's volume, mounted where nothing else is. */
const withToken = (spec: Pod["spec"], account: string): Pod["spec"] => {
  const { containers, initContainers, volumes = [] } = spec
  const given = volumes.find((one) => one.name.startsWith(`${tokenVolume}-`))
  const name = given?.name ?? `${tokenVolume}-${lettersOf(account)}`
  const mountedContainers = mounted(containers, name)
  const mountedInit = initContainers === undefined ? undefined : mounted(initContainers, name)
  if (mountedContainers === containers && mountedInit === initContainers) return spec
  return {
    ...spec, containers: mountedContainers, ...(mountedInit === undefined ? {} : { initContainers: mountedInit }),
    ...(given === undefined ? { volumes: [...volumes, { name, projected: tokenSource }] } : {})
  }
}

/** By account: what became of a spec. */
const accounted = new WeakMap<object, Map<string, Pod["spec"]>>()

const asAccount = (spec: Pod["spec"], account: ServiceAccount): Pod["spec"] => {
  const { automountServiceAccountToken = true, imagePullSecrets = [], metadata: { name, namespace } } = account
  const isMounted = spec.automountServiceAccountToken ?? automountServiceAccountToken
  const key = `${namespace}/${name}/${isMounted}/${imagePullSecrets.map((one) => one.name ?? "").join()}`
  const known = accounted.get(spec)
  const before = known?.get(key)
  if (before !== undefined) return before
  const own: Pod["spec"] = { ...spec, serviceAccountName: name, serviceAccount: name }
  const pulling = imagePullSecrets.length === 0 || (spec.imagePullSecrets ?? []).length > 0 ? own
    : { ...own, imagePullSecrets: imagePullSecrets.map((one) => ({ name: one.name ?? "" })) }
  const made = isMounted ? withToken(pulling, `${namespace}/${name}`) : pulling
  if (known === undefined) accounted.set(spec, new Map([[key, made]]))
  else known.set(key, made)
  return made
}

/** From the cache, else from etcd; the one that is made for each namespace is waited for. */
const find = (
  { cachers, draws, storage }: Surroundings, namespace: string, name: string, deadline_ms: number
): Effect.Effect<ServiceAccount, ApiFailed> => Effect.suspend(() => {
  const cached = cachers.serviceaccounts.cache.get(keyFor("serviceaccounts", namespace, name))
  if (cached !== undefined) return Effect.succeed(cached as ServiceAccount)
  const wait_ms = serviceAccountRetry_min_ms * (1 + draws.unit("api-server/serviceAccount", `${namespace}/${name}`))
  const attempt = (left: number): Effect.Effect<ServiceAccount, ApiFailed> =>
    storage.get("serviceaccounts", namespace, name, deadline_ms).pipe(
      Effect.map((account) => account as ServiceAccount),
      Effect.catchTag("ApiFailed", (failure) => left > 1 && failure.status.reason === "NotFound"
        ? Effect.flatMap(Effect.sleep(wait_ms), () => attempt(left - 1)) : Effect.fail(failure)))
  return attempt(name === defaultAccount ? serviceAccountAttempts_max : 1)
})

export const withServiceAccount = (
  around: Surroundings, pod: Pod, deadline_ms: number
): Effect.Effect<Pod, ApiFailed> => {
  const { name, namespace } = pod.metadata
  const { serviceAccountName = "" } = pod.spec
  const wanted = serviceAccountName === "" ? defaultAccount : serviceAccountName
  return find(around, namespace, wanted, deadline_ms).pipe(
    Effect.mapError((failure) => new ApiFailed({ status: failure.status.reason !== "NotFound" ? failure.status
      : forbiddenTo("pods", name, `error looking up service account ${namespace}/${wanted}: `
        + `serviceaccount "${wanted}" not found`) })),
    Effect.map((account) => ({ ...pod, spec: asAccount(pod.spec, account) })))
}
