import Jobs
import Journal

/// Reads the query of a list of jobs.
enum ListQuery {
    private static let parameters = ["limit", "continue", "phase", "uid", "q", "sort", "watch"]
    static let limits = 1...5000

    /// - Throws: ``Problem`` with 400, which names the parameter, what it was, and what it may be.
    static func read(_ query: String?, cluster: String, partition: String) throws(Problem) -> JobQuery {
        let given = try QueryParameters(query, known: parameters)
        var query = JobQuery(cluster: cluster, partition: partition)
        query.limit = try given.number("limit", in: limits) ?? query.limit
        if let text = given["phase"] {
            query.phase = try word(text, "phase")
        }
        if let text = given["sort"] {
            query.order = try word(text, "sort")
        }
        query.uid = given["uid"]?.nonEmpty
        query.text = given["q"]?.nonEmpty
        query.after = try given["continue"]?.nonEmpty.map { text throws(Problem) in
            try position(text, in: query.order)
        }
        if let text = given["watch"], text != "false" {
            throw .badRequest(
                "watch is \(text.quoted), and this version does not have it; ask again with If-None-Match, which is cheap"
            )
        }
        return query
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String,
        _ parameter: String
    ) throws(Problem) -> Word {
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest("\(parameter) is \(text.quoted); write one of \(words)")
        }
        return word
    }

    private static func position(_ text: String, in order: JobQuery.Order) throws(Problem) -> JobQuery.Position {
        guard let position = ContinueToken.position(text, as: JobQuery.Position.self) else {
            throw .noContinuation(text)
        }
        guard position.order == order else {
            throw .badRequest(
                "continue is of a list with sort=\(position.order.rawValue); keep the parameters from page to page"
            )
        }
        return position
    }
}

extension String {
    /// Forms send a field that was left empty: it stands for nothing.
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
