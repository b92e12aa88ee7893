import Foundation

/// What a good token says, and changes of it.
package struct Claims {
    package static let audience = "tfjob-admin"

    private var members: [String: String]

    package init(issuer: String, user: String = "ann@example.org", groups: [String] = ["ml-admins"]) {
        let now = Int(Date().timeIntervalSince1970)
        members = [
            "iss": "\"\(issuer)\"", "aud": "\"\(Self.audience)\"", "sub": "\"248289761001\"", "email": "\"\(user)\"",
            "groups": "[\(groups.map { "\"\($0)\"" }.joined(separator: ","))]",
            "iat": "\(now - 10)", "nbf": "\(now - 10)", "exp": "\(now + 300)",
        ]
    }

    /// With another value, as it stands in JSON; nil leaves the claim out.
    package func with(_ name: String, _ value: String?) -> Claims {
        var copy = self
        copy.members[name] = value
        return copy
    }

    /// With a time that is so many seconds from now.
    package func with(_ name: String, fromNow seconds: Int) -> Claims {
        with(name, "\(Int(Date().timeIntervalSince1970) + seconds)")
    }

    package var text: String { text(with: "") }

    /// - Parameter more: further members, each with a comma behind it.
    package func text(with more: String) -> String {
        "{\(more)\(members.map { "\"\($0)\":\($1)" }.sorted().joined(separator: ","))}"
    }
}
