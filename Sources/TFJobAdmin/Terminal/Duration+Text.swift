import Foundation

extension Duration {
    /// Its two largest units: `45s`, `3m12s`, `2h05m`, `3d04h`.
    var text: String {
        let seconds = max(0, components.seconds)
        func pair(_ large: Int64, _ unit: String, _ small: Int64, _ other: String) -> String {
            "\(large)\(unit)" + (small < 10 ? "0" : "") + "\(small)\(other)"
        }
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: pair(seconds / 60, "m", seconds % 60, "s")
        case ..<86_400: pair(seconds / 3600, "h", seconds / 60 % 60, "m")
        default: pair(seconds / 86_400, "d", seconds / 3600 % 24, "h")
        }
    }

    /// Between two times as RFC 3339 writes them; the second one nil: until now. Nil where there is no first one.
    init?(from start: String?, to end: String?, now: Date) {
        guard let start = start.flatMap(Self.date) else { return nil }
        self = .seconds((end.flatMap(Self.date) ?? now).timeIntervalSince(start))
    }

    private static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
