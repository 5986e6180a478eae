/**
 * api-server: the only way to the objects. Any number of servers on one etcd, each with its own caches.
 *
 * States: of an instance, its watch caches, its watches, lists and conditional writes, and of the objects themselves:
 *         see api-server/{instance,watch-cache,watch,read,write,object}.ts.
 * Time:   see there; requestTimeout_ms bounds every answer.
 * Errors: metav1.Status; a write whose outcome etcd did not tell is answered 504.
 * Source: reference 3, 12.3, 12.4, 12.8; kubernetes/apiserver v1.36.
 */
import { instance } from "#model/api-server/instance.ts"
import { object } from "#model/api-server/object.ts"
import { read } from "#model/api-server/read.ts"
import { watchCache } from "#model/api-server/watch-cache.ts"
import { watch } from "#model/api-server/watch.ts"
import { finalization, write } from "#model/api-server/write.ts"

export const charts = {
  "api-server.instance": instance,
  "api-server.watchCache": watchCache,
  "api-server.watch": watch,
  "api-server.read": read,
  "api-server.write": write,
  "api-server.finalization": finalization,
  "api-server.object": object
} as const
