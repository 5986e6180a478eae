/** Every law of order: between charts, between components, between what is said and what was committed. */
import { properties as answers } from "#properties/order/answers.ts"
import { properties as controlPlane } from "#properties/order/control-plane.ts"
import { properties as knowledge } from "#properties/order/knowledge.ts"
import { properties as nodes } from "#properties/order/nodes.ts"
import { properties as processes } from "#properties/order/processes.ts"
import type { Property } from "#properties/property.ts"

export const properties: ReadonlyArray<Property> = [...processes, ...controlPlane, ...nodes, ...answers, ...knowledge]
