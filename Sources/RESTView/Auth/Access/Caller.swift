import Foundation

/// Somebody who is signed in.
struct Caller: Sendable, Equatable {
    let user: String
    var groups: [String] = []
    /// From when on what they showed is not believed any more: a token's `exp` and ``ClaimRules/skew``. Nil where a proxy vouches for
    /// them with each request.
    var end: Date?

    /// Longer names are no names; control characters would reach logs and terminals.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 512
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
