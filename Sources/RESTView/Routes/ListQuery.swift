import Jobs
import Journal

/// The query of a list of jobs.
struct ListQuery {
    let jobs: JobQuery
    /// Whether the client wants the list as events.
    let isWatched: Bool

    private static let parameters = ["limit", "continue", "phase", "uid", "q", "sort", "watch"]
    /// The allowed values of `limit`, for every list.
    static let limits = 1...5000

    /// Parses a query.
    ///
    /// - Throws: ``Problem`` with 400. It names the parameter, the wrong value, and the allowed values.
    init(_ query: String?, cluster: String, partition: String) throws(Problem) {
        let given = try QueryParameters(query, known: Self.parameters)
        var query = JobQuery(cluster: cluster, partition: partition)
        query.limit = try given.number("limit", in: Self.limits) ?? query.limit
        if let text = given["phase"] {
            query.phase = try Self.choice(text, of: "phase")
        }
        if let text = given["sort"] {
            query.order = try Self.choice(text, of: "sort")
        }
        query.uid = given.text("uid")
        query.text = given.text("q")
        let order = query.order
        query.after = try given.text("continue").map { text throws(Problem) in
            try Self.position(text, in: order)
        }
        jobs = query
        isWatched = try given.flag("watch")
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String,
        of parameter: String
    ) throws(Problem) -> Choice {
        guard let choice = Choice(rawValue: text) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest("\(parameter) is \(text.quoted); write one of \(choices)")
        }
        return choice
    }

    private static func position(_ text: String, in order: JobQuery.Order) throws(Problem) -> JobQuery.Position {
        let position = try ContinueToken.decode(text, as: JobQuery.Position.self)
        guard position.order == order else {
            throw .badRequest(
                "continue is of a list with sort=\(position.order.rawValue); keep the parameters from page to page"
            )
        }
        return position
    }
}
