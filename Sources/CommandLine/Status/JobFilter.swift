import ArgumentParser
import Foundation
import JobFile
import Jobs

/// The options of `status` that select jobs.
struct FilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only jobs in this phase. Repeat it, or write running,failed.", valueName: "phase"))
    var phase: [String] = []

    @Option(help: ArgumentHelp("Only jobs whose file this person added: a mail address.", valueName: "mail"))
    var user: String?

    @Option(help: ArgumentHelp("Leave out jobs that ended before: 2h, 3d or 2026-01-31T12:00:00Z.", valueName: "time"))
    var since: Since?

    @Flag(help: "Show all jobs, also those that ended over a day ago.")
    var all = false

    /// Whether an option selects among several jobs.
    var isSelective: Bool { !phase.isEmpty || user != nil || since != nil }

    func validate() throws {
        _ = try phases()
        if all, since != nil {
            throw ValidationError("--all and --since exclude each other; leave one out")
        }
    }

    /// The given phases.
    ///
    /// - Throws: `ValidationError` for an unknown phase.
    private func phases() throws -> [Phase] {
        try phase.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { word in
            if let phase = Phase(rawValue: String(word)) { return phase }
            let names = Phase.allCases.map(\.rawValue)
            let advice = Suggestion.closest(to: String(word), among: names).map { "did you mean \($0)?" }
            throw ValidationError(
                "unknown phase \(PlainText.quoted(String(word))); \(advice ?? "phases: \(names.joined(separator: ", "))")"
            )
        }
    }

    /// The filter of the list.
    ///
    /// - Parameter isForPeople: whether jobs that ended over a day ago are left out by default. Programs get all jobs.
    func filter(isForPeople: Bool, now: Date = Date()) throws -> JobFilter {
        let isLimited = isForPeople && !all && phase.isEmpty
        return JobFilter(
            phases: try phases(),
            user: user,
            endedSince: since?.time(before: now) ?? (isLimited ? now - JobFilter.recent : nil),
            countsOthers: since == nil
        )
    }
}

/// Selects jobs of a list.
struct JobFilter: Sendable {
    /// Empty: all.
    var phases: [Phase] = []
    /// The author who added the file. Nil: all.
    var user: String?
    /// Leaves out jobs that ended before. Nil: none.
    var endedSince: Date?
    /// Whether the jobs that ended before are counted.
    var countsOthers = true

    /// How long a job that ended is shown by default, in seconds.
    static let recent: TimeInterval = 86_400

    /// Whether a job may leave the selection and still exist.
    var isSelective: Bool { !phases.isEmpty || user != nil }

    /// The parameters of a list's query, each with `&` before it.
    var query: String {
        var parameters: [(String, String)] = []
        if !phases.isEmpty {
            parameters.append(("phase", phases.map(\.rawValue).joined(separator: ",")))
        }
        if let user {
            parameters.append(("uid", user))
        }
        if let endedSince {
            parameters.append(("endedSince", endedSince.formatted(.iso8601)))
        }
        return parameters.map { "&\($0.0)=\(PathSegment.escaped($0.1))" }.joined()
    }
}

/// A point in time: a duration before now, or a time as RFC 3339 writes it.
struct Since: ExpressibleByArgument {
    private enum Form {
        case ago(Duration)
        case at(Date)
    }

    private let form: Form

    init?(argument text: String) {
        if let days = text.hasSuffix("d") ? Int(text.dropLast()) : nil, (0...36_500).contains(days) {
            form = .ago(.seconds(days * 86_400))
        } else if let duration = Duration(setting: text) {
            form = .ago(duration)
        } else if let time = Date(rfc3339: text) ?? Date(rfc3339: "\(text)T00:00:00Z") {
            form = .at(time)
        } else {
            return nil
        }
    }

    func time(before now: Date) -> Date {
        switch form {
        case .ago(let duration): now - duration / .seconds(1)
        case .at(let time): time
        }
    }
}
