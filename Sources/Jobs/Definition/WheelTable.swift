/// The TensorFlow versions that have a wheel for a Python version, as <https://pypi.org/project/tensorflow-cpu/#files> has them.
public enum WheelTable {
    /// The versions that this table knows. Whether later ones have wheels is unknown.
    private static let rows: [(python: Int, first: [Int], last: [Int])] = [
        (9, [2, 5, 0], [2, 20]), (10, [2, 8, 0], [2, 21]), (11, [2, 12, 0], [2, 21]), (12, [2, 16, 1], [2, 21]),
        (13, [2, 20, 0], [2, 21]), (14, [], []),
    ]
    /// The newest TensorFlow minor version in the table.
    private static let newest = [2, 21]

    /// A sentence with the nearest pairs, if a Python and a TensorFlow have no wheel together.
    ///
    /// - Returns: nil if they have one, if this is unknown, or if the runtime names no TensorFlow.
    public static func warning(about runtime: Runtime) -> String? {
        let python = numbers(runtime.python)
        guard let text = runtime.tensorflow, python.first == 3, let row = rows.first(where: { $0.python == python[1] })
        else { return nil }
        let version = numbers(text)
        guard !newest.lexicographicallyPrecedes(Array(version.prefix(2))), !has(version, row) else { return nil }
        let pairs = nearestPairs(to: row, text).joined(separator: " and ")
        return "TensorFlow \(text) has no wheel for Python \(runtime.python), so pip can't install it"
            + (pairs.isEmpty ? "" : ": the nearest pairs are \(pairs)")
    }

    private static func has(_ version: [Int], _ row: (python: Int, first: [Int], last: [Int])) -> Bool {
        guard !row.first.isEmpty else { return false }
        // 2.16 stands for its newest patch.
        let full = version.count == 3 ? version : version + [Int.max]
        return !full.lexicographicallyPrecedes(row.first)
            && !row.last.lexicographicallyPrecedes(Array(version.prefix(2)))
    }

    /// The nearest Python that has this TensorFlow, and the nearest TensorFlow that this Python has.
    private static func nearestPairs(to row: (python: Int, first: [Int], last: [Int]), _ text: String) -> [String] {
        let version = numbers(text)
        let others = rows.filter { has(version, $0) }
        let python = others.min { abs($0.python - row.python) < abs($1.python - row.python) }
        let samePython = row.first.isEmpty ? nil : (version.lexicographicallyPrecedes(row.first) ? row.first : row.last)
        let first = python.map { "\(Runtime(python: "3.\($0.python)", tensorflow: text))" }
        let second = samePython.map { numbers in
            "\(Runtime(python: "3.\(row.python)", tensorflow: numbers.map(String.init).joined(separator: ".")))"
        }
        return [first, second].compactMap(\.self)
    }

    private static func numbers(_ text: String) -> [Int] { text.split(separator: ".").compactMap { Int($0) } }
}
