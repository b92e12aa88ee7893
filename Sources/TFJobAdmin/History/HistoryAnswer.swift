/// What the REST view says happened to a job: a commit, what it did, and what came of the run.
struct HistoryAnswer: Decodable, Sendable {
    @Lenient var commit: String
    @Lenient var author: String
    @Lenient var message: String
    @Lenient var time: String
    @Lenient var action: String
    @Lenient var result: String
    @Lenient var error: String
    @Lenient var run: Int
    @Lenient var phase: String
    let startTime: String?
    let completionTime: String?
}
