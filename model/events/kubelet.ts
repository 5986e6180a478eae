/** Events of kubelet. */
import { Schema } from "effect"

export const KubeletEvent = [
] as const
