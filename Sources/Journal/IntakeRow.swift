import Jobs

/// What a change of a job file is in the journal's own form.
struct IntakeRow: Sendable {
    let key: JobKey
    let attribution: Attribution?
    private(set) var blob: String?
    /// The job in its canonical form; nil where there is no file, or one that can't be used.
    private(set) var job: String?
    private(set) var name: String?
    private(set) var kept: String?
    /// What is wrong with the file, for the commit's report, and as text.
    private(set) var issues: [Issue] = []
    private(set) var issuesText = "[]"
    private(set) var dependencies: String?

    init(_ change: JobFileChange) throws {
        key = change.key
        attribution = change.attribution
        switch change.content {
        case .gone: break
        case .kept(let reason):
            kept = reason
            issues = [Issue(path: key.path, severity: .warning, message: reason)]
        case .file(let blob, let job, let found, let dependencies):
            self.blob = blob
            self.job = StoredJob.text(job)
            name = job?.name
            issues = found
            issuesText = found.isEmpty ? "[]" : try StoredValue.text(found)
            self.dependencies = dependencies.isEmpty ? nil : try StoredValue.text(dependencies)
        }
    }

    /// How many are made by one task.
    private static let portion = 500

    /// Makes the rows of many changes, on all processors.
    static func rows(of changes: [JobFileChange]) async throws -> [IntakeRow] {
        guard changes.count > portion else { return try changes.map(IntakeRow.init) }
        return try await withThrowingTaskGroup(of: (start: Int, rows: [IntakeRow]).self) { group in
            for start in stride(from: 0, to: changes.count, by: portion) {
                group.addTask {
                    (start, try changes[start..<min(start + portion, changes.count)].map(IntakeRow.init))
                }
            }
            var portions: [(start: Int, rows: [IntakeRow])] = []
            for try await portion in group {
                portions.append(portion)
            }
            return portions.sorted { $0.start < $1.start }.flatMap(\.rows)
        }
    }
}
