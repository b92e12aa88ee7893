/// An amount that can't be used, and what to write instead.
public struct QuantityError: Error, Hashable, Sendable {
    /// A sentence that says what to write.
    public let message: String
}
