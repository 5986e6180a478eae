/**
 * How guards and assignments of a chart take their event typed: each stands on one event and is handed that one; on any
 * other the guard does not hold and the assignment changes nothing. Names stay in `setup`, so that drawings show them.
 */
interface Args<Context, Event> {
  readonly context: Context
  readonly event: Event
}
interface Typed { readonly type: string }
type Of<Event, Type> = Extract<Event, { readonly type: Type }>

const is = <Event extends Typed, Type extends Event["type"]>(
  event: Event, type: Type
): event is Of<Event, Type> & Event => event.type === type

/** `const { when, take } = typed<Context, Event>()` */
export const typed = <Context, Event extends Typed>() => ({
  when: <Type extends Event["type"]>(
    type: Type, holds: (context: Context, event: Of<Event, Type>) => boolean
  ) => ({ context, event }: Args<Context, Event>): boolean => is(event, type) && holds(context, event),
  take: <Type extends Event["type"], Changed extends Partial<Context>>(
    type: Type, changed: (context: Context, event: Of<Event, Type>) => Changed
  ) => ({ context, event }: Args<Context, Event>): Changed | Record<never, never> =>
    is(event, type) ? changed(context, event) : {}
})
