/**
 * What a member does for its clients: reads, transactions, watches. Spec: model/etcd.ts, chart etcd.request.
 *
 * Transactions go through raft; linearizable reads wait until a majority has confirmed the leader and this member has
 * applied what was committed by then, many reads in one round; serializable reads answer from what is here.
 * Deviates: without a leader a request is refused at once, without effect; etcd holds it until one is elected or its
 * time is up, and then nobody knows.
 */
import type { Connection, Timer } from "#impl/ports.ts"
import type { ClientFrame, Request, Response } from "#impl/ports/etcd.ts"
import { readIndexRetry_ms, requestTimeout_ms } from "#model/limits/etcd.ts"
import { drain, sendTo, type Member } from "#impl/etcd/member.ts"
import type { Command } from "#impl/etcd/messages.ts"
import * as Mvcc from "#impl/etcd/mvcc.ts"
import { propose } from "#impl/etcd/replication.ts"
import * as Watch from "#impl/etcd/watch.ts"

interface Pending {
  readonly deadline_ms: number
  readonly respond: (response: Response) => void
  isDone: boolean
  /** "" for a read. */
  readonly proposal: string
}
interface Read {
  readonly pending: Pending
  readonly serve: () => Response
}

export interface Server {
  readonly member: Member
  connections: number
  proposals: number
  /** Ids of read rounds differ between incarnations: a late answer must not confirm a later read. */
  readRound: number
  /** Reads for the next round. */
  waiting: Array<Read>
  round: { readonly id: number; readonly reads: ReadonlyArray<Read>; timer: Timer } | undefined
  /** Confirmed, but this member has not applied so far yet. */
  confirmed: Array<{ readonly index: number; readonly reads: ReadonlyArray<Read> }>
  /** All requests have the same time-out, so they expire first in, first out, and need one timer. */
  expiries: Array<Pending>
  expiryTimer: Timer | undefined
}

const noLeader: Response = { type: "error", code: "noLeader" }
const timedOut: Response = { type: "error", code: "timeout" }

export const make = (member: Member): Server => {
  const server: Server = { member, connections: 0, proposals: 0, readRound: member.process.incarnation * 1e9,
    waiting: [], round: undefined, confirmed: [], expiries: [], expiryTimer: undefined }
  member.onRead = (id, index) => confirmRound(server, id, index)
  member.onApplied = () => serveConfirmed(server)
  return server
}

export const accept = (server: Server, connection: Connection): void => {
  const client: Watch.Client = { number: server.connections++, connection, watches: new Map() }
  const { hub } = server.member
  connection.handle({
    frame: (frame: ClientFrame) => {
      switch (frame.type) {
        case "request":
          handle(server, connection, frame.id, frame.request)
          return
        case "watch":
          Watch.open(hub, client, frame.id, frame.prefix, frame.startRevision, server.member.raft.leader !== "")
          return
        case "watchCancel":
          Watch.close(hub, client, frame.id, true)
          return
        case "progress":
          Watch.progress(hub, client)
      }
    },
    closed: () => Watch.closeAll(hub, client)
  })
}

const handle = (server: Server, connection: Connection, id: number, request: Request): void => {
  const respond = (response: Response): void =>
    connection.send({ type: "response", id, response }, "response")
  if (request.type === "range") {
    const serve = (): Response => Mvcc.range(server.member.store, request)
    if (request.serializable === true) respond(serve())
    else read(server, respond, serve)
  } else write(server, respond, request)
}

const write = (server: Server, respond: (response: Response) => void, command: Command): void => {
  const { member } = server
  const { raft, process } = member
  if (raft.leader === "") {
    respond(noLeader)
    return
  }
  const proposal = `${process.name}#${process.incarnation}-${++server.proposals}`
  const pending = expect(server, respond, proposal)
  member.waiters.set(proposal, (response) => finish(server, pending, response))
  if (raft.role === "leader") {
    propose(raft, proposal, command)
    drain(member)
  } else sendTo(member, raft.leader, { type: "propose", proposal, command })
}

const read = (server: Server, respond: (response: Response) => void, serve: () => Response): void => {
  if (server.member.raft.leader === "") {
    respond(noLeader)
    return
  }
  server.waiting.push({ pending: expect(server, respond, ""), serve })
  if (server.round === undefined) startRound(server)
}

const startRound = (server: Server): void => {
  const reads = server.waiting
  server.waiting = []
  if (reads.length === 0) return
  server.round = { id: ++server.readRound, reads, timer: askAgainLater(server) }
  askLeader(server, server.readRound)
}

const askLeader = (server: Server, id: number): void => {
  const { member } = server
  const { raft } = member
  if (raft.role === "leader") {
    raft.parts.readIndex(raft, raft.id, id)
    drain(member)
  } else if (raft.leader !== "") sendTo(member, raft.leader, { type: "readIndex", id })
}

/** The question or its answer was lost, or the leader changed. */
const askAgainLater = (server: Server): Timer => server.member.process.after(readIndexRetry_ms, () => {
  const { round } = server
  if (round === undefined) return
  round.timer = askAgainLater(server)
  askLeader(server, round.id)
})

const confirmRound = (server: Server, id: number, index: number): void => {
  const { round } = server
  if (round === undefined || round.id !== id) return
  round.timer.cancel()
  server.round = undefined
  server.confirmed.push({ index, reads: round.reads })
  serveConfirmed(server)
  startRound(server)
}

const serveConfirmed = (server: Server): void => {
  const { confirmed, member } = server
  server.confirmed = confirmed.filter(({ index }) => index > member.applied)
  for (const { index, reads } of confirmed) {
    if (index > member.applied) continue
    for (const { pending, serve } of reads) if (!pending.isDone) finish(server, pending, serve())
  }
}

const expect = (server: Server, respond: (response: Response) => void, proposal: string): Pending => {
  const deadline_ms = server.member.process.monotonic_ms() + requestTimeout_ms
  const pending: Pending = { deadline_ms, respond, isDone: false, proposal }
  server.expiries.push(pending)
  if (server.expiryTimer === undefined) armExpiry(server)
  return pending
}

const finish = (server: Server, pending: Pending, response: Response): void => {
  pending.isDone = true
  server.member.waiters.delete(pending.proposal)
  pending.respond(response)
}

const armExpiry = (server: Server): void => {
  const now_ms = server.member.process.monotonic_ms()
  const isOver = (pending: Pending): boolean => pending.isDone || pending.deadline_ms <= now_ms
  const firstOpen = server.expiries.findIndex((pending) => !isOver(pending))
  const over = server.expiries.splice(0, firstOpen === -1 ? server.expiries.length : firstOpen)
  for (const pending of over) if (!pending.isDone) finish(server, pending, timedOut)
  const next = server.expiries[0]
  server.expiryTimer = next === undefined ? undefined
    : server.member.process.after(next.deadline_ms - now_ms, () => armExpiry(server))
}
