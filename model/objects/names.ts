/**
 * What names, labels and their like may look like: each function lists its complaints about a text, in Kubernetes'
 * words. Source: apimachinery api/validate/content {dns,kube}.go, api/validation/generic.go, v1.36.
 */
type Complaints = ReadonlyArray<string>

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
const subdomain = `${label}(\\.${label})*`
const key = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
const value = `(${key})?`
const whole = (format: string): RegExp => new RegExp(`^${format}$`)
const labelPattern = whole(label)
const subdomainPattern = whole(subdomain)
const keyPattern = whole(key)
const valuePattern = whole(value)

const label_max = 63
const subdomain_max = 253

const atMost = (most: number): string => `must be no more than ${most} characters`
const example = (text: string, format: string, ...examples: ReadonlyArray<string>): string =>
  `${text} (e.g. ${examples.map((one) => `'${one}', `).join(" or ")}regex used for validation is '${format}')`

/** Remembered: the same few texts come with every write. */
const remembered = (complain: (text: string) => Complaints): ((text: string) => Complaints) => {
  const fine = new Set<string>()
  const fine_max = 10_000
  return (text) => {
    if (fine.has(text)) return []
    const complaints = complain(text)
    if (complaints.length === 0) {
      if (fine.size >= fine_max) fine.clear()
      fine.add(text)
    }
    return complaints
  }
}

export const dnsSubdomain = remembered((text) => [
  ...(text.length > subdomain_max ? [atMost(subdomain_max)] : []),
  ...(subdomainPattern.test(text) ? [] : [example("a lowercase RFC 1123 subdomain must consist of lower case "
    + "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", subdomain,
  "example.com")])
])

export const dnsLabel = remembered((text) => [
  ...(text.length > label_max ? [atMost(label_max)] : []),
  ...(labelPattern.test(text) ? [] : subdomainPattern.test(text) ? ["must not contain dots"]
    : [example("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
      + "and end with an alphanumeric character", label, "my-name", "123-abc")])
])

const keyWords = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
  + "alphanumeric character"
const keyExamples = ["MyName", "my.name", "123-abc"]

/** Of labels, annotations, finalizers, conditions: "name" or "domain/name". */
export const qualifiedName = remembered((text) => {
  const parts = text.split("/")
  if (parts.length > 2) {
    return [`${example(`a valid label key ${keyWords}`, key, ...keyExamples)} with an optional DNS subdomain prefix `
      + "and '/' (e.g. 'example.com/MyName')"]
  }
  const name = parts.at(-1)!
  const prefix = parts.length === 2 ? parts[0]! : undefined
  return [
    ...(prefix === undefined ? [] : prefix === "" ? ["prefix part must be non-empty"]
      : dnsSubdomain(prefix).map((one) => `prefix part ${one}`)),
    ...(name === "" ? ["name part must be non-empty"]
      : name.length > label_max ? [`name part ${atMost(label_max)}`] : []),
    ...(keyPattern.test(name) ? [] : [`name part ${example(keyWords, key, ...keyExamples)}`])
  ]
})

export const labelValue = remembered((text) => [
  ...(text.length > label_max ? [atMost(label_max)] : []),
  ...(valuePattern.test(text) ? [] : [example("a valid label must be an empty string or consist of alphanumeric "
    + "characters, '-', '_' or '.', and must start and end with an alphanumeric character", value,
  "MyValue", "my_value", "12345")])
])

/** A prefix to which a suffix is drawn may end with a dash. */
export const asPrefix = (complain: (text: string) => Complaints) => (prefix: string): Complaints =>
  complain(prefix.endsWith("-") && prefix.length > 1 ? `${prefix.slice(0, -1)}a` : prefix)

/** What no part of a path may be. Source: ValidatePathSegmentName. */
export const pathSegment = (text: string): Complaints => text === "." || text === ".." ? [`may not be '${text}'`]
  : ["/", "%"].filter((one) => text.includes(one)).map((one) => `may not contain '${one}'`)
