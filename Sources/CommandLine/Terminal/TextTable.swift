import Foundation
import Jobs

/// A table as text that is no wider than the terminal.
struct TextTable {
    struct Column {
        let title: String
        /// The width to which the column may be cut if the terminal is too narrow. Nil: the column is never cut.
        var minimum: Int?
        var cut = String.Cut.end
        /// If cutting is not enough, the columns with the lowest ranks are omitted first. Nil: the column is never
        /// omitted.
        var rank: Int?
        var isNumber = false
    }

    struct Cell: Equatable {
        var text: String
        var colour: Colour?

        /// - Parameter text: the text. Control characters are escaped.
        init(_ text: String, _ colour: Colour? = nil) {
            self.text = PlainText.line(text.trimmingCharacters(in: .whitespacesAndNewlines))
            self.colour = colour
        }
    }

    private static let gap = 2

    let columns: [Column]
    private(set) var rows: [[Cell]] = []
    /// The width of the terminal in columns. Nil: no limit.
    let width: Int?
    let usesColour: Bool
    /// Which columns are shown. A column with a rank is omitted while all its cells are empty.
    private var isUsed: [Bool]
    private var needed: [Int]

    init(_ columns: [Column], width: Int?, usesColour: Bool) {
        self.columns = columns
        self.width = width
        self.usesColour = usesColour
        isUsed = columns.map { $0.rank == nil }
        needed = columns.map(\.title.width)
    }

    /// Creates an empty table with the layout of another, so that its lines continue the other table.
    init(like other: TextTable) {
        self.init(other.columns, width: other.width, usesColour: other.usesColour)
        isUsed = other.isUsed
        needed = other.needed
    }

    /// Adds a row.
    ///
    /// - Parameter row: one cell for each column.
    mutating func addRow(_ row: [Cell]) {
        rows.append(row)
        for (index, cell) in row.enumerated() where !cell.text.isEmpty {
            isUsed[index] = true
            needed[index] = max(needed[index], cell.text.width)
        }
    }

    /// The line with the titles, and one line for each row.
    var lines: [String] {
        let layout = layout
        let header = line(columns.map { Cell($0.title) }, layout)
        return [header] + rows.map { line($0, layout) }
    }

    /// The shown columns with their widths.
    private var layout: [(column: Int, width: Int)] {
        var shown = columns.indices.filter { isUsed[$0] }
        guard let width else { return shown.map { ($0, needed[$0]) } }
        func least(_ index: Int) -> Int { columns[index].minimum.map { min($0, needed[index]) } ?? needed[index] }
        func total(_ width: (Int) -> Int) -> Int { shown.map(width).reduce(0, +) + Self.gap * max(0, shown.count - 1) }
        while total(least) > width, let out = shown.filter({ columns[$0].rank != nil }).min(by: { rank($0) < rank($1) })
        {
            shown.removeAll { $0 == out }
        }
        var excess = max(0, total { needed[$0] } - width)
        // Cut the last column first, because it contains prose.
        var result: [(column: Int, width: Int)] = []
        for index in shown.reversed() {
            let given = min(excess, needed[index] - least(index))
            excess -= given
            result.insert((index, needed[index] - given), at: 0)
        }
        return result
    }

    private func rank(_ index: Int) -> Int { columns[index].rank ?? .max }

    private func line(_ cells: [Cell], _ layout: [(column: Int, width: Int)]) -> String {
        var line = ""
        var place = 0
        var written = 0
        for (index, columnWidth) in layout {
            let room = width.map { min(columnWidth, max(0, $0 - place)) } ?? columnWidth
            let text = cells[index].text.fitted(to: room, cutting: columns[index].cut)
            let start = columns[index].isNumber ? place + room - text.width : place
            place += columnWidth + Self.gap
            guard !text.isEmpty else { continue }
            // Write spaces only before text, so that no line ends with spaces.
            line += String(repeating: " ", count: max(0, start - written))
            written = start + text.width
            line += usesColour ? cells[index].colour?.text(text) ?? text : text
        }
        return line
    }
}
