import Foundation
import Jobs

/// A table of a terminal: as wide as it needs to be, and not wider than there is room.
struct TextTable {
    struct Column {
        let title: String
        /// Where room is short, it is cut down to so many columns; nil: it is not cut.
        var minimum: Int?
        var cut = String.Cut.end
        /// Where that is not enough, the column with the lowest number is left out first; nil: never.
        var rank: Int?
        var isNumber = false
    }

    struct Cell: Equatable {
        var text: String
        var colour: Colour?

        /// - Parameter text: made harmless here, wherever it comes from.
        init(_ text: String, _ colour: Colour? = nil) {
            self.text = PlainText.line(text.trimmingCharacters(in: .whitespacesAndNewlines))
            self.colour = colour
        }
    }

    private static let gap = 2

    let columns: [Column]
    private(set) var rows: [[Cell]] = []
    /// The columns of the terminal; nil: as many as it takes.
    let width: Int?
    let usesColour: Bool
    /// One that could be left out is, where no row has anything in it.
    private var isUsed: [Bool]
    private var needed: [Int]

    init(_ columns: [Column], width: Int?, usesColour: Bool) {
        self.columns = columns
        self.width = width
        self.usesColour = usesColour
        isUsed = columns.map { $0.rank == nil }
        needed = columns.map(\.title.width)
    }

    /// A table without rows, whose lines stand below those of another as if they were its own.
    init(like other: TextTable) {
        self.init(other.columns, width: other.width, usesColour: other.usesColour)
        isUsed = other.isUsed
        needed = other.needed
    }

    /// - Parameter row: a cell for each column.
    mutating func add(_ row: [Cell]) {
        rows.append(row)
        for (index, cell) in row.enumerated() where !cell.text.isEmpty {
            isUsed[index] = true
            needed[index] = max(needed[index], cell.text.width)
        }
    }

    /// The lines, with that of the titles first.
    var lines: [String] {
        let layout = layout
        let header = line(columns.map { Cell($0.title) }, layout)
        return [header] + rows.map { line($0, layout) }
    }

    /// Which columns are shown, each with its width.
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
        // The last column gives way first: it is the one with prose in it.
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
            // Blanks only before what follows them: no line ends with some.
            line += String(repeating: " ", count: max(0, start - written))
            written = start + text.width
            line += usesColour ? cells[index].colour?.text(text) ?? text : text
        }
        return line
    }
}
