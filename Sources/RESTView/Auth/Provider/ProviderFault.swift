/// What a provider did wrong: a sentence about it, for the log.
struct ProviderFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
