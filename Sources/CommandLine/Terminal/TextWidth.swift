import Foundation

extension Unicode.Scalar {
    /// The width on a terminal in columns: 0, 1 or 2.
    ///
    /// Terminals differ, for example for emoji with several parts. This is the larger width, so that a line never
    /// wraps. A scalar is wide if its class in <https://www.unicode.org/reports/tr11/> is `W` or `F`.
    var width: Int {
        // A fast path for most text.
        if value < 0x300 { return 1 }
        return switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark:
            // This scalar makes the one before it a wide emoji.
            self == "\u{FE0F}" ? 1 : 0
        default: Self.wide.contains { $0.contains(value) } ? 2 : 1
        }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23F3, 0x25FD...0x25FE, 0x2614...0x2615,
        0x2630...0x2637, 0x2648...0x2653, 0x267F...0x267F, 0x268A...0x268F, 0x2693...0x2693, 0x26A1...0x26A1,
        0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26EA,
        0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705, 0x270A...0x270B,
        0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
        0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55, 0x2E80...0x303E,
        0x3041...0x33FF, 0x3400...0x4DBF, 0x4DC0...0x4DFF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF,
        0x1AFF0...0x1B2FF, 0x1D300...0x1D376, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E,
        0x1F191...0x1F19A, 0x1F200...0x1F265, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F7E0...0x1F7EB,
        0x1F7F0...0x1F7F0, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD,
    ]
}

extension StringProtocol {
    /// The width on a terminal in columns.
    var width: Int { unicodeScalars.reduce(0) { $0 + $1.width } }
}

extension String {
    /// The end at which a text is cut.
    enum Cut {
        case start, end
    }

    /// Cuts the text to a number of columns, between characters. `…` stands for the omitted part.
    func fitted(to columns: Int, cutting cut: Cut = .end) -> String {
        guard width > columns else { return self }
        guard columns > 0 else { return "" }
        var room = columns - 1
        func fits(_ character: Character) -> Bool {
            room -= String(character).width
            return room >= 0
        }
        switch cut {
        case .end: return prefix(while: fits) + "…"
        case .start: return "…" + String(reversed().prefix(while: fits).reversed())
        }
    }
}

extension Duration {
    /// The duration in its two largest units: `45s`, `3m12s`, `2h05m`, `3d04h`.
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

    /// Creates the time that a run ran, from the answers of a service. Nil if no replica has started.
    ///
    /// - Parameters:
    ///   - seconds: the time of the parts that are over. Nil: the service is of an earlier version, and the run counts
    ///     from its start to its end.
    ///   - since: when the current part began. Nil: no replica runs.
    init?(active seconds: Double?, since: String?, from start: String?, to end: String?, now: Date) {
        guard let first = (seconds == nil ? start : since).flatMap(Self.date) else {
            guard let seconds else { return nil }
            self = .seconds(seconds)
            return
        }
        let last = seconds == nil ? end.flatMap(Self.date) ?? now : now
        self = .seconds((seconds ?? 0) + max(0, last.timeIntervalSince(first)))
    }

    private static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
