import Jobs

/// "Did you mean …?"
public enum Suggestion {
    /// Longer words are no slips of the finger.
    private static let longest = 40

    /// The known word that differs from a written one by few slips; nil where none is close.
    public static func closest(to written: String, among known: [String]) -> String? {
        guard written.utf8.count <= longest else { return nil }
        let letters = Array(written.lowercased().unicodeScalars)
        let allowed = max(1, letters.count / 3)
        return
            known
            .map { (word: $0, slips: slips(letters, Array($0.lowercased().unicodeScalars))) }
            .filter { $0.slips <= allowed && $0.slips < $0.word.count }
            .min { $0.slips < $1.slips }?
            .word
    }

    /// How many letters are missing, too many, wrong, or exchanged with their neighbour (optimal string alignment).
    private static func slips(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
