/** Freezes what crosses a process boundary, so that a receiver that mutates a shared message fails at once. */
export const deepFreeze = (value: object): void => {
  if (Object.isFrozen(value)) return
  Object.freeze(value)
  for (const field of Object.values(value)) {
    if (typeof field === "object" && field !== null) deepFreeze(field)
  }
}
