/** The registry of images: pulls take their time, and fail while it is down or when there is no such image. */
import { Effect } from "effect"
import { ImagePullFailed, type ImageRegistry } from "#impl/ports.ts"
import type { Chance } from "#impl/sim/draws.ts"
import type { ProcessScheduler } from "#impl/sim/scheduler.ts"
import * as limits from "#model/limits/hardware.ts"
import { isKnownImage } from "#model/objects/programs.ts"

export class Registry {
  isDown = false
  readonly #chance: Chance
  constructor(chance: Chance) {
    this.#chance = chance
  }

  port(owner: ProcessScheduler): ImageRegistry["Service"] {
    return { pull: (image, identity) => this.#pull(image, identity, owner) }
  }

  #pull(image: string, identity: string, owner: ProcessScheduler): Effect.Effect<void, ImagePullFailed> {
    return Effect.suspend(() => {
      if (this.isDown || !isKnownImage(image)) return this.#refuse(image, owner)
      const u = this.#chance.stream("registry/pull", `${image} ${identity}`).unit()
      const pull_ms = limits.pull_ms_min + Math.floor((limits.pull_ms_max - limits.pull_ms_min) * u * u)
      return Effect.flatMap(owner.sleep(pull_ms), () =>
        // A registry that went down meanwhile breaks the transfer.
        this.isDown ? Effect.fail(new ImagePullFailed({ image, reason: "registry unavailable" })) : Effect.void)
    })
  }

  #refuse(image: string, owner: ProcessScheduler): Effect.Effect<void, ImagePullFailed> {
    const reason = this.isDown ? "registry unavailable" as const : "not found" as const
    return Effect.andThen(owner.sleep(limits.pullRefused_ms), Effect.fail(new ImagePullFailed({ image, reason })))
  }
}
