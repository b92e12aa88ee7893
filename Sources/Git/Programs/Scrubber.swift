import Foundation

/// Makes what a program printed fit for an error's text: no secrets, no control characters, and not long.
package struct Scrubber: Sendable {
    private let secrets: [String]
    /// The most characters of one message.
    private static let limit = 400

    package init(_ secrets: [String]) {
        self.secrets = secrets.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    }

    package func scrub(_ text: String) -> String {
        var text = text
        for secret in secrets {
            text = text.replacing(secret, with: "***")
        }
        text = text.replacing(/:\/\/[^\/\s@]*@/, with: "://***@")
        text = text.replacing(/(?i)(authorization|proxy-authorization):.*/) { "\($0.output.1): ***" }
        let plain = text.unicodeScalars.map { scalar in
            let isControl =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            return isControl ? " " : Character(scalar)
        }
        return String(plain.prefix(Self.limit)).trimmingCharacters(in: .whitespaces)
    }
}
