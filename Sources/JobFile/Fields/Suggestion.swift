import Jobs

/// Finds the word that a misspelled one probably means.
public enum Suggestion {
    /// In bytes; a longer word is no typing error.
    private static let longest = 40

    /// The known word that differs from a written one by the fewest typing errors; nil if none is close.
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

    /// Counts missing, additional, wrong and swapped letters (optimal string alignment).
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

/// Knows the object that each key belongs to, for advice about a key in the wrong object.
enum KeyPlaces {
    /// Describes the object of a known key. Returns nil for an unknown key.
    static func place(of key: String) -> String? {
        // A long key is unknown, and comparing it by canonical equivalence may take long.
        guard key.utf8.count <= longest else { return nil }
        for (names, place) in all where names.contains(key) {
            return place
        }
        return nil
    }

    /// In bytes; no key of a job is longer.
    private static let longest = 64

    private static let all: [(names: [String], place: String)] = [
        (JobDraft.table.names, "the job itself (\"spec\", where there is one)"),
        (RunPolicy.table.names, "\"runPolicy\""),
        (ReplicaGroupDraft.table.names, "an element of \"replicas\""),
        (MetadataDraft.table.names, "\"metadata\", beside \"spec\""),
    ]
}
