/**
 * An API server for the recorder's tests, over real HTTP: discovery, paged lists, watches with bookmarks, and all that
 * goes wrong with them, when the test says so. It stores text, so that a test sees whether bodies come as they are.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"

interface Event { readonly revision: number; readonly resource: string; readonly type: string; readonly text: string }
interface Open { readonly resource: string; readonly response: ServerResponse; readonly bookmarks: boolean }
type Refusal = { readonly code: number; readonly times: number; readonly retryAfter_s?: number; readonly of?: string }

const groups: Readonly<Record<string, ReadonlyArray<string>>> = {
  "/api/v1": ["pods", "nodes", "configmaps", "namespaces"], "/apis/apps/v1": ["deployments"],
  "/apis/coordination.k8s.io/v1": ["leases"]
}
const kindOf: Readonly<Record<string, string>> = {
  pods: "Pod", nodes: "Node", configmaps: "ConfigMap", namespaces: "Namespace", deployments: "Deployment",
  leases: "Lease"
}

export class TestServer {
  /** What was asked, in order: "GET /version". */
  readonly asked: Array<string> = []
  revision = 100
  /** Bearer tokens that are accepted; undefined: anybody. */
  token: string | undefined
  /** How a revision that is compacted is told. */
  tells410: "code" | "event" = "event"
  /** Items of a page, whatever is asked for. */
  page = Infinity
  /** Called before a page with a continue token is answered. */
  beforeNextPage: (() => void) | undefined
  /** Answers of other paths. */
  readonly extra = new Map<string, unknown>()
  readonly #objects = new Map<string, Map<string, string>>()
  #log: Array<Event> = []
  #compacted = 0
  readonly #refusals = new Map<string, Refusal>()
  readonly #open = new Set<Open>()
  readonly #server: Server = createServer((request, response) => this.#answer(request, response))

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }
  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** `more`: text of further members, as it shall come. */
  put(resource: string, name: string, more = ""): void {
    const objects = this.#objects.get(resource) ?? new Map<string, string>()
    this.#objects.set(resource, objects)
    const type = objects.has(name) ? "MODIFIED" : "ADDED"
    const text = `{"metadata":{"name":"${name}","resourceVersion":"${++this.revision}"}${more}}`
    objects.set(name, text)
    this.#tell({ revision: this.revision, resource, type, text })
  }
  remove(resource: string, name: string): void {
    this.#objects.get(resource)?.delete(name)
    const text = `{"metadata":{"name":"${name}","resourceVersion":"${++this.revision}"}}`
    this.#tell({ revision: this.revision, resource, type: "DELETED", text })
  }
  bookmark(resource: string): void {
    for (const { bookmarks, resource: of, response } of this.#open) {
      if (of === resource && bookmarks) {
        response.write(`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"${this.revision}"}}}\n`)
      }
    }
  }
  /** What came so far is forgotten. */
  compact(): void {
    this.#compacted = this.revision
    this.#log = []
  }
  /** Ends every watch of it: "end" as a server does, "cut" in the midst of a line. */
  close(resource: string, how: "end" | "cut"): void {
    for (const one of this.#open) {
      if (one.resource !== resource) continue
      this.#open.delete(one)
      if (how === "end") one.response.end()
      else one.response.write("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"na", () => one.response.destroy())
    }
  }
  /** The next requests of it are answered so. `of`: only those whose query has this. */
  refuse(resource: string, refusal: Refusal): void {
    this.#refusals.set(resource, refusal)
  }
  watches(resource: string): number {
    return [...this.#open].filter((one) => one.resource === resource).length
  }
  count(text: string): number {
    return this.asked.filter((one) => one.includes(text)).length
  }

  #tell(event: Event): void {
    this.#log.push(event)
    for (const { resource, response } of this.#open) {
      if (resource === event.resource) response.write(this.#line(event))
    }
  }
  #line({ type, text, resource }: Event): string {
    return `{"type":"${type}","object":{"kind":"${kindOf[resource]}","apiVersion":"v1",${text.slice(1)}}\n`
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams, search } = new URL(request.url!, "http://x")
    this.asked.push(`${request.method} ${pathname}${search}`)
    const say = (code: number, body: unknown, headers: Record<string, string> = {}): void => {
      const text = typeof body === "string" ? body : JSON.stringify(body)
      response.writeHead(code, { "content-type": "application/json", "content-encoding": "gzip", ...headers })
      response.end(gzipSync(`${text}\n`))
    }
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      return say(401, { kind: "Status", message: "Unauthorized", code: 401 })
    }
    const resource = pathname.split("/").at(-1)!
    const isServed = groups[pathname.slice(0, pathname.lastIndexOf("/"))]?.includes(resource) === true
    const refusal = isServed || resource === "version" ? this.#refusals.get(resource) : undefined
    if (refusal !== undefined && refusal.times > 0 && search.includes(refusal.of ?? "")) {
      this.#refusals.set(resource, { ...refusal, times: refusal.times - 1 })
      const after = refusal.retryAfter_s === undefined ? {} : { "retry-after": String(refusal.retryAfter_s) }
      return say(refusal.code, { kind: "Status", message: `no ${resource} now`, code: refusal.code }, after)
    }
    if (pathname === "/version") return say(200, { gitVersion: "v1.36.3" })
    if (this.extra.has(pathname)) return say(200, this.extra.get(pathname))
    const group = groups[pathname]
    if (group !== undefined) {
      return say(200, { resources: group.map((name) => ({ name, verbs: ["get", "list", "watch"] })) })
    }
    if (!isServed) return say(404, { kind: "Status", message: "not found", code: 404 })
    if (searchParams.get("watch") === "true") return this.#watch(resource, searchParams, response, say)
    this.#list(resource, searchParams, say)
  }

  #list(resource: string, query: URLSearchParams, say: (code: number, body: string) => void): void {
    const token = query.get("continue")
    if (token !== null) this.beforeNextPage?.()
    const [from = 0, at = this.revision] = token?.split("@").map(Number) ?? []
    if (token !== null && at < this.#compacted) {
      return say(410, "{\"kind\":\"Status\",\"message\":\"The provided continue parameter is too old\",\"code\":410}")
    }
    const all = [...(this.#objects.get(resource) ?? new Map<string, string>()).values()]
    const to = from + Math.min(this.page, Number(query.get("limit")))
    const more = to < all.length ? `,"continue":"${to}@${at}","remainingItemCount":${all.length - to}` : ""
    say(200, `{"kind":"${kindOf[resource]}List","apiVersion":"v1","metadata":{"resourceVersion":"${at}"${more}},` +
      `"items":[${all.slice(from, to).join()}]}`)
  }

  #watch(
    resource: string, query: URLSearchParams, response: ServerResponse, say: (code: number, body: unknown) => void
  ): void {
    const from = Number(query.get("resourceVersion"))
    const gone = { kind: "Status", status: "Failure", message: `too old resource version: ${from}`, code: 410 }
    if (from < this.#compacted && this.tells410 === "code") return say(410, gone)
    response.writeHead(200, { "content-type": "application/json" })
    response.flushHeaders()
    if (from < this.#compacted) return void response.end(`${JSON.stringify({ type: "ERROR", object: gone })}\n`)
    const missed = this.#log.filter((one) => one.resource === resource && one.revision > from)
    for (const one of missed) response.write(this.#line(one))
    const open = { resource, response, bookmarks: query.get("allowWatchBookmarks") === "true" }
    this.#open.add(open)
    response.on("close", () => this.#open.delete(open))
  }
}
