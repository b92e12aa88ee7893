import Foundation
import Git
import Platform

extension Mirror {
    /// Runs a git that does not go to the network.
    ///
    /// - Returns: its standard output.
    @discardableResult
    func git(
        _ arguments: [String],
        input: String = "",
        _ configuration: GitConfiguration = GitConfiguration(),
        in repository: String,
        for activity: MirrorFolder.Activity
    ) async throws(MirrorError) -> String {
        let variables = GitEnvironment.variables(home: folder.home, repository: repository, configuration)
        let ended = try await run(variables, arguments, input: input, for: activity)
        guard ended.code == 0 else {
            throw FetchFailure(
                ended.complaint,
                address: address,
                settings: settings,
                path: repository,
                scrubber: Scrubber([])
            ).error
        }
        return String(decoding: ended.output, as: UTF8.self)
    }

    /// Runs git to its end.
    ///
    /// - Parameters:
    ///   - variables: its environment.
    ///   - arguments: without secrets.
    ///   - input: its standard input.
    ///   - activity: what it is noted as while it runs; it gets the time that this may take.
    ///   - deadline: when that time is over, where it began before.
    func run(
        _ variables: [String: String],
        _ arguments: [String],
        input: String = "",
        for activity: MirrorFolder.Activity,
        until deadline: ContinuousClock.Instant? = nil
    ) async throws(MirrorError) -> ChildProgram.Ended {
        let program = ChildProgram(name: "git", environment: variables, folder: folder.path)
        let time = activity == .fetch ? settings.fetchTimeout : settings.maintenanceTimeout
        let rest = deadline.map { $0 - .now } ?? time
        defer { folder.forget(activity) }
        do throws(ChildFailure) {
            return try await program.run(arguments, input: Array(input.utf8), deadline: rest) { [folder] process in
                folder.note(process, activity)
            }
        } catch {
            throw MirrorError(
                error,
                time,
                setting: activity == .fetch ? "repository.fetchTimeout" : "maintenanceTimeout"
            )
        }
    }
}

extension MirrorError {
    init(_ failure: ChildFailure, _ time: Duration, setting: String) {
        self =
            switch failure {
            case .missing(let program): .programMissing(program)
            case .timedOut: .timedOut(after: time, setting: setting)
            case .cancelled: .cancelled
            case .notRun(let program, let reason): .other(reason: "\(program) could not be run: \(reason)")
            }
    }
}
