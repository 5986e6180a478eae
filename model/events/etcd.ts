/** Events of etcd. */
import { Schema } from "effect"

export const EtcdEvent = [
] as const
