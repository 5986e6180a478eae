/**
 * A number for a set of objects. A revision changes one object, so the set of resourceVersions names the whole state;
 * the sum of their terms can be kept up to date in O(1), by who holds the objects and by who judges him.
 */

/** What the object at this revision adds to the digest; sums are taken modulo 2^32. */
export const digestTerm = (revision: number): number => {
  const mixed = Math.imul(revision ^ (revision >>> 15), 0x2c1b3c6d)
  return Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0
}

export const digestPlus = (digest: number, revision: number): number => (digest + digestTerm(revision)) >>> 0
export const digestMinus = (digest: number, revision: number): number => (digest - digestTerm(revision)) >>> 0
