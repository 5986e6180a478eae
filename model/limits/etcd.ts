/** Timers and bounds of etcd. */

export const heartbeat_ms = 100 // --heartbeat-interval; ET/server/embed/config.go, 3.8
export const electionTimeout_ms = 1_000 // --election-timeout; same
export const readIndexRetry_ms = 500 // readIndexRetryTime; ET/server/etcdserver/v3_server.go, 3.8
export const requestTimeout_ms = 7_000 // 5 s + 2 × election timeout; ET/server/config ReqTimeout, 3.8
export const noLeaderWatchCancel_ms = 3_000 // maxNoLeaderCnt × election timeout; ET/server/…/v3rpc/interceptor.go, 3.8
export const entriesPerMessage_max = 64 // ASSUMED: raft counts bytes (512 KiB a message); our entries have no size
export const appendsInFlight_max = 512 // maxInflightMsgs; ET/server/etcdserver/raft.go, 3.8
export const historyRevisions_max = 20_000 // ASSUMED: bounds memory between compactions by the API server
export const proposalsRemembered_max = 10_000 // ASSUMED: longer than any datagram can be delayed
export const bootstrapQuery_ms = 1_000 // ASSUMED: pause between asking the peers whether they know an empty member
export const recordHeader_bytes = 64 // ASSUMED: size of a record of the log without its values
export const valueSize_bytes = 1_024 // ASSUMED: a typical object; sizes only count against the disk's capacity
