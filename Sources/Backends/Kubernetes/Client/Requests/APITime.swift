import Foundation

/// Times as the API writes them: RFC 3339, with fractions or without.
enum APITime {
    static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
