/**
 * Stable names: what lines are about, without what is drawn or counted anew in each run.
 *
 * Uids, the five letters that end a generated name, ids of containers and numbers of requests change with every chance
 * and with whatever else happens. Whoever wants to find a thing again in another run of the same input calls it
 *   - an object: by resource, namespace and name ("pods/default/solo-0", "nodes/worker-1"); the second of that name
 *     "pods/default/solo-0#2". One with a generated name: by what generated it and its place among those that were made
 *     for the same owner, "pods/default/web-0-#2"; of the second set of that name, "pods/default/web-0#2-#1";
 *   - a container "<pod>/<its name>", a sandbox "<pod>/sandbox", whichever attempt it is;
 *   - a request of a client, an API server or a watch by what it asks for: "patch pods default/web-0-#1".
 * All else has stable names already: processes, machines, zones, leases, queues' keys (with objects' names in them).
 */
import type { Line } from "#model/events.ts"

interface Owner {
  readonly uid: string
  readonly name: string
  readonly controller?: boolean
}
interface Made {
  readonly metadata: {
    readonly uid: string
    readonly name: string
    readonly namespace?: string
    readonly generateName?: string
    readonly ownerReferences?: ReadonlyArray<Owner>
  }
}

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const word = /[a-z0-9][-a-z0-9.]*/g

/** What a request asks for, from its first line. */
const asked = ({ event }: Line): string | undefined => {
  switch (event.type) {
    case "request.sent": {
      const { key, resource, subresource, verb } = event
      return `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`} ${key}`
    }
    case "write.requested": return `${event.agent} ${event.verb} ${event.key}`
    case "read.requested":
    case "serverWatch.opened":
    case "serverWatch.refused": {
      const { agent, resource, namespace, fieldSelector, labelSelector } = event
      return [agent, resource, namespace, fieldSelector, labelSelector].filter((part) => part !== undefined).join(" ")
    }
    case "etcdWatch.opened": return `${event.client} ${event.prefix}`
    case "kv.invoked": return `${event.kind} ${event.key}`
    default: return undefined
  }
}

export class Names {
  /** Objects, containers and sandboxes by uid or id. */
  readonly #byUid = new Map<string, string>()
  /** Generated names, as they stand in keys. */
  readonly #generated = new Map<string, string>()
  readonly #requests = new Map<string, string>()
  readonly #made = new Map<string, number>()

  /** Every line, in order: names are given when things are made. */
  hear(line: Line): void {
    const { entity, event } = line
    if (event.type === "object.created") this.#name(event.resource, event.object as Made)
    else if (event.type === "container.created") this.#byUid.set(entity, `${this.of(event.podUid)}/${event.name}`)
    else if (event.type === "sandbox.created") this.#byUid.set(entity, `${this.of(event.podUid)}/sandbox`)
    else {
      const what = asked(line)
      if (what !== undefined) this.#requests.set(requestOf(line), this.of(what))
    }
  }

  /** What the line is about. The line itself must have been heard. */
  about(line: Line): string {
    return this.#requests.get(requestOf(line)) ?? this.of(line.entity)
  }

  /** The text with the name of what has a uid behind it, for whoever looks for either. */
  beside(text: string): string {
    return text.replace(uid, (one) => this.#byUid.has(one) ? `${one} (${this.#byUid.get(one)})` : one)
  }

  /** The text with stable names in it for whatever was drawn. */
  of(text: string): string {
    return text.replace(uid, (one) => this.#byUid.get(one) ?? one)
      .replace(word, (one) => this.#generated.get(one) ?? one)
  }

  #name(resource: string, { metadata }: Made): void {
    const { name, namespace = "", generateName = "", ownerReferences = [] } = metadata
    const place = namespace === "" ? resource : `${resource}/${namespace}`
    const owner = ownerReferences.find(({ controller }) => controller === true)
    const stem = generateName === "" ? name : owner === undefined ? generateName
      : generateName.replace(owner.name, this.#lastOf(owner.uid) ?? owner.name)
    const nth = 1 + (this.#made.get(`${place}/${stem}`) ?? 0)
    this.#made.set(`${place}/${stem}`, nth)
    const stable = generateName === "" && nth === 1 ? stem : `${stem}#${nth}`
    if (generateName !== "") this.#generated.set(name, stable)
    this.#byUid.set(metadata.uid, `${place}/${stable}`)
  }

  /** "web-0" of "replicasets/default/web-0". */
  #lastOf(owner: string): string | undefined {
    return this.#byUid.get(owner)?.split("/").at(-1)
  }
}

const requestOf = ({ actor, chart, entity }: Line): string => `${actor} ${chart} ${entity}`
