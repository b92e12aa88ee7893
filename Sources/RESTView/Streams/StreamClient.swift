/// Who reads an answer that lasts.
struct StreamClient: Sendable {
    /// The user who is signed in, else an address: whose streams are counted together.
    let name: String
    /// Whether they have to show again and again who they are.
    let isSignedIn: Bool
    /// When their token ends; nil where there is none.
    let end: ContinuousClock.Instant?
}
