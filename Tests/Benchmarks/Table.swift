import Foundation

/// Prints figures in columns.
enum Table {
    static func print(_ header: [String], _ rows: [[String]]) {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        for row in all {
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            Swift.print(cells.joined(separator: "   "))
        }
        Swift.print()
    }

    /// The 50th, 90th and 99th percentile and the maximum, by the nearest rank.
    static func percentiles(_ values: [Double]) -> [String] {
        let sorted = values.sorted()
        return [0.5, 0.9, 0.99, 1].map { share in
            let rank = max(1, Int((share * Double(sorted.count)).rounded(.up)))
            return String(format: "%.0f", sorted[rank - 1])
        }
    }
}
