import Foundation

/// The parameters of a query, decoded; each is known and is there at most once.
struct QueryParameters {
    private let values: [String: String]

    /// Reads a query as forms and HTTP libraries write it: parted by `&`, a blank as `+` or `%20`.
    ///
    /// - Parameters:
    ///   - query: what follows the `?`; nil where there is none.
    ///   - known: the names that may be used.
    /// - Throws: ``Problem`` with 400 for a parameter that is not known, given twice, or no text. An unknown one is not ignored:
    ///   a list that is silently not filtered misleads.
    init(_ query: String?, known: [String]) throws(Problem) {
        var values: [String: String] = [:]
        for item in (query ?? "").split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : "") else {
                throw .badRequest(
                    "\(String(item).quoted) in the query is no percent-encoded text; write % as %25, and no control characters"
                )
            }
            guard known.contains(name) else { throw Self.unknown(name, known) }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .badRequest("\(name) is given twice; give it once")
            }
        }
        self.values = values
    }

    /// A parameter's value; nil where it is not given.
    subscript(_ name: String) -> String? { values[name] }

    private static func unknown(_ name: String, _ known: [String]) -> Problem {
        .badRequest(
            known.isEmpty
                ? "\(name.quoted) is no parameter here; there are none"
                : "\(name.quoted) is no parameter here; there are \(known.joined(separator: ", "))"
        )
    }

    private static func decoded(_ text: Substring) -> String? {
        guard let decoded = text.replacing("+", with: " ").removingPercentEncoding else { return nil }
        let isText = decoded.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        return isText ? decoded : nil
    }
}
