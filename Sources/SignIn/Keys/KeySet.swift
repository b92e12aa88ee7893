/// The keys of a provider, <https://www.rfc-editor.org/rfc/rfc7517#section-5>.
struct KeySet: Sendable {
    private let keys: [VerificationKey]
    /// The document, which tells whether anything changed.
    private let document: [UInt8]

    /// - Throws: ``ProviderFault`` for what is no set of keys, or has none that we could use: better to keep the last ones.
    init(_ document: [UInt8]) throws(ProviderFault) {
        guard let list = (try? StrictJSON(document))?["keys"]?.elements else {
            throw ProviderFault("its keys are no JSON Web Key Set")
        }
        keys = list.compactMap(VerificationKey.init)
        self.document = document
        guard !keys.isEmpty else {
            throw ProviderFault("it has no key for RS256 (of 2048 bits and more), ES256 or EdDSA")
        }
    }

    var count: Int { keys.count }

    func isSame(as other: KeySet) -> Bool { document == other.document }

    /// The one key that a token can mean; nil where there is none or it can't be told.
    ///
    /// A token that names no key means the only one. Where that did not sign it, the key is not known here: a provider that
    /// names no keys turns them over too.
    func key(for token: Token) -> VerificationKey? {
        let candidates = keys.filter {
            $0.algorithm == token.algorithm
                && (token.keyID.map(ExactText.init) == nil
                    || $0.id.map(ExactText.init) == token.keyID.map(ExactText.init))
        }
        guard candidates.count == 1 else { return nil }
        return token.keyID != nil || candidates[0].isValid(token.signature, for: token.signed) ? candidates[0] : nil
    }
}
