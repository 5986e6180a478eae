/** metav1.Status, the body of every failure. */
import type { Schemas, With } from "#model/objects/metadata.ts"

/** Source: StatusReason in apimachinery meta/v1 types.go, v1.36. */
export type StatusReason =
  | "BadRequest" | "Unauthorized" | "Forbidden" | "NotFound" | "MethodNotAllowed" | "AlreadyExists" | "Conflict"
  | "Expired" | "Gone" | "Invalid" | "TooManyRequests" | "InternalError" | "ServiceUnavailable" | "ServerTimeout"
  | "Timeout" | "NotAcceptable" | "UnsupportedMediaType" | "RequestEntityTooLarge"

type Published = Schemas["io.k8s.apimachinery.pkg.apis.meta.v1.Status"]
export type StatusCause = Schemas["io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause"]
export type StatusDetails = Schemas["io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails"]
export type Status = Omit<With<Published, "code" | "status">, "reason"> & { readonly reason?: StatusReason }
