import Jobs
import Journal

/// Reads the query of a list of jobs.
struct ListQuery {
    let jobs: JobQuery
    /// Whether the list goes on as events.
    let isWatched: Bool

    private static let parameters = ["limit", "continue", "phase", "uid", "q", "sort", "watch"]
    static let limits = 1...5000

    /// - Throws: ``Problem`` with 400, which names the parameter, what it was, and what it may be.
    init(_ query: String?, cluster: String, partition: String) throws(Problem) {
        let given = try QueryParameters(query, known: Self.parameters)
        var query = JobQuery(cluster: cluster, partition: partition)
        query.limit = try given.number("limit", in: Self.limits) ?? query.limit
        if let text = given["phase"] {
            query.phase = try Self.word(text, "phase")
        }
        if let text = given["sort"] {
            query.order = try Self.word(text, "sort")
        }
        query.uid = given["uid"]?.nonEmpty
        query.text = given["q"]?.nonEmpty
        let order = query.order
        query.after = try given["continue"]?.nonEmpty.map { text throws(Problem) in
            try Self.position(text, in: order)
        }
        jobs = query
        isWatched = try given.flag("watch")
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
