import Foundation

/// The decoded parameters of a query. Each is known, and given at most once.
struct QueryParameters {
    private let values: [String: String]

    /// Parses a query as forms and HTTP libraries write it: pairs separated by `&`, a blank as `+` or `%20`.
    ///
    /// - Parameters:
    ///   - query: the part after the `?`; nil if there is none.
    ///   - known: the allowed names.
    /// - Throws: ``Problem`` with 400 for an unknown parameter, a repeated one, and one that is not text. An unknown parameter is
    ///   not ignored, because a list that is silently not filtered misleads.
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

    /// A parameter's value; nil if it is not given.
    subscript(_ name: String) -> String? { values[name] }

    /// A parameter's value; nil if it is not given or empty, as forms send fields that were left empty.
    func text(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A whole number; nil if it is not given.
    ///
    /// - Throws: ``Problem`` with 400 for anything else.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = self[name] else { return nil }
        let isNumber = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber, let number = Int(text), range.contains(number) else {
            throw .badRequest(
                "\(name) is \(text.quoted); write a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// `true` or `false`; false if it is not given.
    ///
    /// - Throws: ``Problem`` with 400 for anything else.
    func flag(_ name: String) throws(Problem) -> Bool {
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        case .some(let text): throw .badRequest("\(name) is \(text.quoted); write true or false")
        }
    }

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
