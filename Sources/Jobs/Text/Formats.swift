package import Foundation

extension UInt8 {
    /// Whether the byte is one of the ASCII digits `0` to `9`.
    package var isDecimalDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// Whether the byte is an ASCII letter, `_` or a decimal digit.
    package var isWordCharacter: Bool {
        isDecimalDigit || self == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}

extension Date {
    /// Parses a time in the format of RFC 3339, with or without fractions of a second. Returns nil for any other text.
    package init?(rfc3339 text: String) {
        let parsed =
            (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: ISO8601FormatStyle(includingFractionalSeconds: true)))
        guard let parsed else { return nil }
        self = parsed
    }
}

extension Duration {
    /// Reads `250ms`, `15s`, `10m`, `1h` or `30d`: a whole number and a unit.
    package init?(setting text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number <= 1_000_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": self = .milliseconds(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(number * 60)
        case "h": self = .seconds(number * 3600)
        case "d" where number <= 100_000: self = .seconds(number * 86_400)
        default: return nil
        }
    }
}
