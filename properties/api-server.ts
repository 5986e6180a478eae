/** What the API server promises. */
import type { Property } from "#properties/property.ts"
export const properties: ReadonlyArray<Property> = []
