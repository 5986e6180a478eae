/**
 * A cluster, as a kubeconfig names it. The client's KubeConfig gives the address and the credentials and nothing else;
 * requests are plain HTTP, so bodies are what the server sent. Credentials are asked for each request, since tokens run
 * out and plugins give new ones; after a 401 the file is read again.
 */
import { request as plain, type IncomingMessage } from "node:http"
import { request as secured, type RequestOptions } from "node:https"
import { delimiter } from "node:path"
import type { Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import { KubeConfig } from "@kubernetes/client-node/dist/config.js"
import { textOf } from "#properties/harness/record/lines.ts"

/** Nothing can be recorded, or no longer; the message is for the user. */
export class CannotRecord extends Error {}

export interface Answer {
  readonly code: number
  /** Of a Retry-After. */
  readonly wait_ms: number | undefined
  readonly body: Readable
}
export interface Said<T> {
  readonly code: number
  /** Of a 200. */
  readonly value: T | undefined
  /** Of any other code: what the server said. */
  readonly why: string
}
export interface Cluster {
  readonly context: string
  readonly server: string
  readonly get: (path: string, signal: AbortSignal) => Promise<Answer>
  readonly json: <T>(path: string, signal: AbortSignal) => Promise<Said<T>>
}

const keepAlive_ms = 30_000 // as Go's dialer; probes then notice a peer that is gone
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused", ECONNRESET: "the connection was reset", ENOTFOUND: "no such host",
  EAI_AGAIN: "the name server does not answer", ETIMEDOUT: "no answer in time", EHOSTUNREACH: "no way to the host",
  ENETUNREACH: "no way to the network", EPIPE: "the connection was reset", ENOENT: "there is no such file",
  EACCES: "permission was denied", EISDIR: "it is a directory", ENOSPC: "the disk is full",
  EROFS: "the file system is read-only", ENOTDIR: "a part of the path is no directory",
  TimeoutError: "no answer in time"
}
/** In words, of one line. */
export const because = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return because(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  const known = reasons["code" in error ? String(error.code) : error.name]
  return known ?? (error.message.split("\n").find((line) => line.trim() !== "") ?? error.name)
}

/** What a Status says; else the beginning of the body. */
export const statusOf = (code: number, body: string): string => {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown }
    if (typeof message === "string" && message !== "") return `${message} (${code})`
  } catch {
    // A proxy in between answers with something else.
  }
  const [first = ""] = body.trim().split("\n")
  return first === "" ? `code ${code}` : `${first.slice(0, 200)} (${code})`
}

/** Several files, as in $KUBECONFIG, are merged. */
const read = (files: string): KubeConfig => {
  const config = new KubeConfig()
  files.split(delimiter).forEach((file, i) => {
    try {
      const one = i === 0 ? config : new KubeConfig()
      one.loadFromFile(file)
      if (i > 0) config.mergeConfig(one)
    } catch (error) {
      throw new CannotRecord(`cannot read the kubeconfig ${file}: ${because(error)}`)
    }
  })
  return config
}

const load = (file: string, context: string | undefined): KubeConfig => {
  const config = read(file)
  const names = config.contexts.map(({ name }) => name)
  if (names.length === 0) throw new CannotRecord(`${file} is no kubeconfig: it has no contexts`)
  if (context !== undefined) config.setCurrentContext(context)
  const current = config.contexts.find(({ name }) => name === config.currentContext)
  if (current === undefined) {
    const which = config.currentContext ? `no context ${config.currentContext}` : "no current context"
    throw new CannotRecord(`${file} has ${which}; choose one with --context: ${names.join(", ")}`)
  }
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    throw new CannotRecord(`${file}: context ${current.name} names the cluster ${current.cluster}, which is not there`)
  }
  // Without a user KubeConfig would also leave out the cluster's certificate authority.
  if (config.getCurrentUser() === null) config.addUser({ name: current.user })
  // It refuses plain HTTP, e.g. of kubectl proxy, unless certificates are not to be checked: here there are none.
  if (!URL.canParse(cluster.server)) throw new CannotRecord(`${file}: "${cluster.server}" is no address of a server`)
  if (cluster.server.startsWith("http:")) {
    config.clusters = config.clusters.map((one) => one === cluster ? { ...one, skipTLSVerify: true } : one)
  }
  return config
}

const retryAfter = (response: IncomingMessage): number | undefined => {
  const seconds = Number(response.headers["retry-after"])
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined
}

const ask = async (config: KubeConfig, url: string, signal: AbortSignal): Promise<IncomingMessage> => {
  const options: RequestOptions = {
    signal, headers: { accept: "application/json", "accept-encoding": "gzip", "user-agent": "plimsoll" }
  }
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    throw new CannotRecord(`the kubeconfig gives no credentials: ${because(error)}`)
  }
  return new Promise((resolve, reject) => {
    const request = (url.startsWith("http:") ? plain : secured)(url, options, resolve)
    request.on("socket", (socket) => socket.setKeepAlive(true, keepAlive_ms))
    request.on("error", reject)
    request.end()
  })
}

export const connect = (file: string, context: string | undefined): Cluster => {
  let config = load(file, context)
  const { server } = config.getCurrentCluster()!
  const get = async (path: string, signal: AbortSignal): Promise<Answer> => {
    const response = await ask(config, server + path, signal)
    const code = response.statusCode ?? 0
    if (code === 401) config = load(file, context)
    const isPacked = response.headers["content-encoding"] === "gzip"
    const body = isPacked ? response.pipe(createGunzip()) : response
    if (isPacked) response.on("error", (error) => body.destroy(error))
    return { code, wait_ms: retryAfter(response), body }
  }
  return {
    context: config.currentContext, server, get,
    json: async <T>(path: string, signal: AbortSignal): Promise<Said<T>> => {
      const { code, body } = await get(path, signal)
      const text = await textOf(body)
      if (code !== 200) return { code, value: undefined, why: statusOf(code, text) }
      try {
        return { code, value: JSON.parse(text) as T, why: "" }
      } catch {
        return { code, value: undefined, why: "its answer is not JSON; is this the address of an API server?" }
      }
    }
  }
}
