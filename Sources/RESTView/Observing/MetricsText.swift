import Jobs

/// Metrics in Prometheus' text format, <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
struct MetricsText {
    enum Kind: String {
        case counter, gauge, histogram
    }

    typealias Labels = KeyValuePairs<String, String>

    private(set) var text = ""

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    private static let prefix = "tfjob_admin_"

    /// Begins a family of metrics.
    ///
    /// - Parameters:
    ///   - name: without the prefix that all have.
    ///   - kind: how its values are to be read.
    ///   - help: one line.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(Self.prefix)\(name) \(help)\n# TYPE \(Self.prefix)\(name) \(kind.rawValue)\n"
    }

    /// Adds a value to the family.
    mutating func sample(_ name: String, _ labels: Labels, _ value: Int) {
        write(name, labels, text: String(value))
    }

    /// Adds a value to the family.
    mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
        write(name, labels, text: "\(value)")
    }

    private mutating func write(_ name: String, _ labels: Labels, text value: String) {
        let list = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        text += "\(Self.prefix)\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    /// A label's value; of control characters only a line break has an escape of its own.
    private static func escaped(_ text: String) -> String {
        PlainText.line(
            text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        )
    }
}
