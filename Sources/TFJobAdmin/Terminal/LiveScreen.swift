import ArgumentParser

/// Lines of a terminal that are written anew in their place.
struct LiveScreen {
    /// The widths of the lines that stand there.
    private var drawn: [Int] = []
    private var text = ""

    /// Puts lines in place of those that were drawn before, as far as there is room.
    ///
    /// - Parameters:
    ///   - lines: each fits the terminal.
    ///   - size: the terminal's, now.
    mutating func draw(_ lines: [String], size: (columns: Int, rows: Int)) throws(ExitCode) {
        var shown = lines
        if lines.count > size.rows - 1 {
            shown = Array(lines.prefix(max(1, size.rows - 2)))
            shown.append("… and \(lines.count - shown.count) more".fitted(to: size.columns))
        }
        let text = shown.map { $0 + "\n" }.joined()
        guard text != self.text else { return }
        try StandardOutput.write(rewind(size.columns) + text)
        self.text = text
        drawn = shown.map { $0.replacing(/\u{1B}\[[0-9;]*m/, with: "").width }
    }

    /// Goes up to the first line and clears from there on. A terminal that became narrower has wrapped what was wider.
    private func rewind(_ columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        return rows == 0 ? "" : "\u{1B}[\(rows)A\r\u{1B}[J"
    }
}
