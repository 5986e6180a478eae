/**
 * What the containers of a pod must be. Source: validateContainers, validateInitContainers, validateContainerCommon,
 * validateProbe and those under them in kubernetes apis/core/validation/validation.go, v1.36.
 *
 * Deviates: lifecycle hooks, security contexts, resize policies, sub-paths and devices are taken as they come.
 */
import { between, type Causes, duplicate, each, forbidden, invalidValue, notNegative, notSupported, oneOf, required }
  from "#model/objects/causes.ts"
import { dnsLabel, qualifiedName } from "#model/objects/names.ts"
import type { Container, PodSpec } from "#model/objects/pod.ts"
import { quantity } from "#model/objects/quantity.ts"

type Port = NonNullable<Container["ports"]>[number]
type Probe = NonNullable<Container["livenessProbe"]>
type EnvVar = NonNullable<Container["env"]>[number]

const port_max = 65_535
const portNum = (field: string, port: number): Causes => between(field, port, 1, port_max)
const protocols = ["SCTP", "TCP", "UDP"]

/** Source: IsValidPortName. */
const portName = (name: string): ReadonlyArray<string> => [
  ...(name.length > 15 ? ["must be no more than 15 characters"] : []),
  ...(/^[-a-z0-9]+$/.test(name) ? [] : ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]),
  ...(/[a-z]/.test(name) ? [] : ["must contain at least one letter (a-z)"]),
  ...(name.includes("--") ? ["must not contain consecutive hyphens"] : []),
  ...(name.startsWith("-") || name.endsWith("-") ? ["must not begin or end with a hyphen"] : [])
]

const validatePort = (port: Port, field: string, earlier: ReadonlyArray<Port>): Causes => {
  const { containerPort, hostPort = 0, name = "", protocol = "" } = port
  const complaints = name === "" ? [] : portName(name)
  return [
    ...each(`${field}.name`, name, complaints),
    ...(name !== "" && complaints.length === 0 && earlier.some((other) => other.name === name)
      ? [duplicate(`${field}.name`, name)] : []),
    ...(containerPort === 0 ? [required(`${field}.containerPort`)] : portNum(`${field}.containerPort`, containerPort)),
    ...(hostPort === 0 ? [] : portNum(`${field}.hostPort`, hostPort)),
    ...(protocol === "" ? [required(`${field}.protocol`)] : oneOf(`${field}.protocol`, protocol, protocols))
  ]
}

/** Source: IsRelaxedEnvVarName: printable ASCII without "=". */
const envName = (name: string): ReadonlyArray<string> => /^[\x20-\x3c\x3e-\x7e]+$/.test(name) ? []
  : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]

const validateEnv = ({ name, value = "", valueFrom }: EnvVar, field: string): Causes => {
  const sources = valueFrom === undefined ? 0 : Object.values(valueFrom).filter((one) => one !== undefined).length
  const from = `${field}.valueFrom`
  return [
    ...(name === "" ? [required(`${field}.name`)] : each(`${field}.name`, name, envName(name))),
    ...(valueFrom === undefined ? []
      : sources === 0 ? [invalidValue(from, "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")]
      : value !== "" ? [invalidValue(from, "", "may not be specified when `value` is not empty")]
      : sources > 1 ? [invalidValue(from, "", "may not have more than one field specified at a time")] : [])
  ]
}

const validateMounts = (mounts: Container["volumeMounts"] = [], volumes: ReadonlySet<string>, field: string): Causes =>
  mounts.flatMap(({ mountPath, name }, i) => [
    ...(name === "" ? [required(`${field}[${i}].name`)] : []),
    ...(volumes.has(name) ? []
      : [{ reason: "FieldValueNotFound", message: `Not found: "${name}"`, field: `${field}[${i}].name` }]),
    ...(mountPath === "" ? [required(`${field}[${i}].mountPath`)] : []),
    ...(mounts.slice(0, i).some((other) => other.mountPath === mountPath)
      ? [invalidValue(`${field}[${i}].mountPath`, mountPath, "must be unique")] : [])
  ])

/** Source: IsStandardContainerResourceName, IsNativeResource, IsExtendedResourceName in apis/core/helper. */
const standardResources = ["cpu", "memory", "ephemeral-storage"]
const isStandard = (name: string): boolean => standardResources.includes(name) || name.startsWith("hugepages-")
const resourceName = (name: string): ReadonlyArray<string> => {
  const complaints = qualifiedName(name)
  if (complaints.length > 0) return complaints
  if (!name.includes("/")) return isStandard(name) ? [] : ["must be a standard resource for containers"]
  const isNative = name.includes("kubernetes.io/")
  return isNative || !name.startsWith("requests.") ? [] : ["doesn't follow extended resource name standard"]
}
const isExtended = (name: string): boolean => name.includes("/") && !name.includes("kubernetes.io/")
/** Cannot be promised twice. Source: IsOvercommitAllowed. */
const mayOvercommit = (name: string): boolean => !isExtended(name) && !name.startsWith("hugepages-")

const validateAmounts = (amounts: Readonly<Record<string, string>>, field: string): Causes =>
  Object.entries(amounts).flatMap(([name, text]) => {
    const at = `${field}[${name}]`
    const complaints = resourceName(name)
    if (complaints.length > 0) return each(at, name, complaints)
    if (quantity(text) < 0) return [invalidValue(at, text, "must be greater than or equal to 0")]
    return isExtended(name) && !Number.isInteger(quantity(text)) ? [invalidValue(at, text, "must be an integer")] : []
  })

export const validateResources = ({ limits = {}, requests = {} }: Container["resources"], field: string): Causes => [
  ...validateAmounts(limits, `${field}.limits`), ...validateAmounts(requests, `${field}.requests`),
  ...Object.entries(requests).flatMap(([name, text]) => {
    const limit = limits[name]
    if (limit === undefined) {
      return mayOvercommit(name) ? []
        : [required(`${field}.limits`, "Limit must be set for non overcommitable resources")]
    }
    if (!mayOvercommit(name) && quantity(text) !== quantity(limit)) {
      return [invalidValue(`${field}.requests`, text, `must be equal to ${name} limit of ${limit}`)]
    }
    return quantity(text) > quantity(limit)
      ? [invalidValue(`${field}.requests`, text, `must be less than or equal to ${name} limit of ${limit}`)] : []
  })
]

const handlers = ["exec", "httpGet", "tcpSocket", "grpc"] as const
const validateHandler = (probe: Probe, field: string): Causes => {
  const given = handlers.filter((one) => probe[one] !== undefined)
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port
  return [
    ...given.slice(1).map((one) => forbidden(`${field}.${one}`, "may not specify more than 1 handler type")),
    ...(given.length === 0 ? [required(field, "must specify a handler type")] : []),
    ...(typeof port !== "number" ? [] : portNum(`${field}.${given[0]!}.port`, port)),
    ...(probe.exec !== undefined && (probe.exec.command ?? []).length === 0 ? [required(`${field}.exec.command`)] : [])
  ]
}
const counts = [
  "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"
] as const
const validateProbe = (probe: Probe | undefined, field: string, mustSucceedOnce: boolean): Causes =>
  probe === undefined ? [] : [
    ...validateHandler(probe, field),
    ...counts.flatMap((one) => notNegative(`${field}.${one}`, probe[one])),
    ...(mustSucceedOnce && probe.successThreshold !== 1
      ? [invalidValue(`${field}.successThreshold`, probe.successThreshold, "must be 1")] : [])
  ]
const validateProbes = ({ livenessProbe, readinessProbe, startupProbe }: Container, field: string): Causes => [
  ...validateProbe(livenessProbe, `${field}.livenessProbe`, true),
  ...validateProbe(readinessProbe, `${field}.readinessProbe`, false),
  ...validateProbe(startupProbe, `${field}.startupProbe`, true)
]

export const pullPolicies = ["Always", "IfNotPresent", "Never"]

const validateCommon = (container: Container, volumes: ReadonlySet<string>, field: string): Causes => {
  const { env = [], image, imagePullPolicy, name, ports = [], resources, terminationMessagePolicy } = container
  return [
    ...(name === "" ? [required(`${field}.name`)] : each(`${field}.name`, name, dnsLabel(name))),
    ...(image === "" ? [required(`${field}.image`)] : []),
    ...oneOf(`${field}.terminationMessagePolicy`, terminationMessagePolicy, ["File", "FallbackToLogsOnError"]),
    ...ports.flatMap((port, i) => validatePort(port, `${field}.ports[${i}]`, ports.slice(0, i))),
    ...env.flatMap((one, i) => validateEnv(one, `${field}.env[${i}]`)),
    ...validateMounts(container.volumeMounts, volumes, `${field}.volumeMounts`),
    ...oneOf(`${field}.imagePullPolicy`, imagePullPolicy, pullPolicies),
    ...validateResources(resources, `${field}.resources`)
  ]
}

/** Ports of the host: nobody else on the pod may have one. */
const validateHostPorts = (containers: ReadonlyArray<Container>, field: string): Causes => {
  const taken = new Set<string>()
  return containers.flatMap(({ ports = [] }, i) => ports.flatMap(({ hostIP = "", hostPort = 0, protocol = "" }, p) => {
    const key = `${protocol}/${hostIP}/${hostPort}`
    if (hostPort === 0) return []
    if (taken.has(key)) return [duplicate(`${field}[${i}].ports[${p}].hostPort`, key)]
    taken.add(key)
    return []
  }))
}

export const validateContainers = (
  { containers }: PodSpec, volumes: ReadonlySet<string>, field: string
): Causes => containers.length === 0 ? [required(field)] : [
  ...containers.flatMap((container, i) => [
    ...validateCommon(container, volumes, `${field}[${i}]`),
    ...(containers.slice(0, i).some(({ name }) => name === container.name)
      ? [duplicate(`${field}[${i}].name`, container.name)] : []),
    ...validateProbes(container, `${field}[${i}]`)
  ]),
  ...validateHostPorts(containers, field)
]

const onlySidecars = "may not be set for init containers without restartPolicy=Always"
const forSidecars = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const

export const validateInitContainers = (
  { containers, initContainers = [] }: PodSpec, volumes: ReadonlySet<string>, field: string
): Causes => initContainers.flatMap((container, i) => {
  const at = `${field}[${i}]`
  const others = [...containers, ...initContainers.slice(0, i)]
  return [
    ...validateCommon(container, volumes, at),
    ...(container.restartPolicy === undefined || container.restartPolicy === "Always" ? []
      : [notSupported(`${at}.restartPolicy`, container.restartPolicy, ["Always"])]),
    ...(others.some(({ name }) => name === container.name) ? [duplicate(`${at}.name`, container.name)] : []),
    ...(container.restartPolicy === "Always" ? validateProbes(container, at)
      : forSidecars.filter((one) => container[one] !== undefined).map((one) => forbidden(`${at}.${one}`, onlySidecars)))
  ]
})
