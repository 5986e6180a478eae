/**
 * What a member of etcd says of the store is what it has applied: in its headers, its progress notifications and its
 * watches. A change is sent to the watches that are in step together with its entry, before the next one.
 */
import type { Line } from "#model/events.ts"
import { always, type Property } from "#properties/property.ts"

interface Watch {
  readonly prefix: string
  /** It has seen all that was applied: whatever comes next is sent at once. */
  inStep: boolean
  next: number
}
interface Member {
  applied: number
  readonly watches: Map<string, Watch>
  /** A revision that watches were sent and whose entry must be told next. */
  sent: { readonly revision: number; readonly at_ms: number } | undefined
}

class Members {
  readonly #members = new Map<string, Member>()
  /** The keys of the newest revisions, until every member may be expected to have applied them. */
  readonly #keys = new Map<number, Array<string>>()

  hear({ actor, at_ms, entity, event }: Line): string | undefined {
    switch (event.type) {
      case "object.created":
      case "object.updated":
      case "object.deleted":
      case "history.marked": {
        const keys = this.#keys.get(event.revision)
        if (keys === undefined) this.#keys.set(event.revision, [event.key])
        else keys.push(event.key)
        return undefined
      }
      case "process.crashed":
      case "process.stopped":
        this.#members.delete(event.process)
        return undefined
      case "raft.recovered":
        this.#members.set(actor, { applied: event.revision, watches: new Map(), sent: undefined })
        return undefined
      default: {
        const member = this.#members.get(actor)
        return member === undefined ? undefined : this.#says(member, { actor, at_ms, entity, event } as Line)
      }
    }
  }

  #says(member: Member, { actor, at_ms, entity, event }: Line): string | undefined {
    const { applied, sent, watches } = member
    const isOther = event.type === "entry.applied" && event.revision !== sent?.revision
    if (sent !== undefined && (at_ms !== sent.at_ms || isOther)) {
      return `${actor} sent revision ${sent.revision} and did not say that it applied it`
    }
    switch (event.type) {
      case "entry.applied":
        member.applied = event.revision
        member.sent = undefined
        return event.revision === applied ? undefined : this.#unsent(member, actor)
      case "etcdWatch.opened":
        if (event.revision !== applied) return `${actor} opens a watch at ${event.revision} and has applied ${applied}`
        watches.set(entity, { prefix: event.prefix, inStep: event.startRevision === 0 || event.startRevision > applied,
          next: Math.max(event.startRevision, event.revision + 1) })
        return undefined
      case "etcdWatch.progressed":
        return event.revision === applied ? undefined
          : `${actor} tells ${entity} of progress to ${event.revision} and has applied ${applied}`
      case "etcdWatch.sent": {
        if (event.revision > applied + 1) return `${actor} sent revision ${event.revision} and has applied ${applied}`
        const watch = watches.get(entity)
        if (event.revision <= applied) {
          return watch?.inStep === true ? `${actor} sent revision ${event.revision} to ${entity} late` : undefined
        }
        if (watch !== undefined) {
          watch.inStep = true
          watch.next = event.revision + 1
        }
        member.sent = { revision: event.revision, at_ms }
        return undefined
      }
      case "etcdWatch.canceled":
      case "etcdWatch.closed":
        watches.delete(entity)
        return undefined
      default:
        return undefined
    }
  }

  #unsent({ applied, watches }: Member, actor: string): string | undefined {
    const keys = this.#keys.get(applied)
    if (keys === undefined) return undefined
    for (const [name, { inStep, next, prefix }] of watches) {
      if (inStep && next <= applied && keys.some((key) => key.startsWith(prefix))) {
        return `${actor} applied revision ${applied} and did not send it to ${name}`
      }
    }
    return undefined
  }
}

export const members: ReadonlyArray<Property> = [
  always("A member tells of the store as far as it has applied it, no more and no less", [],
    () => {
      const etcd = new Members()
      return (line) => etcd.hear(line)
    },
    ["entry.applied", "etcdWatch.", "raft.recovered", "object.", "history.", "process.crashed", "process.stopped"])
]
