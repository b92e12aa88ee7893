import Foundation
import Git
import Platform

extension Mirror {
    /// Runs a git command that does not use the network.
    ///
    /// - Returns: the standard output.
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

    /// Runs a git command to its end.
    ///
    /// - Parameters:
    ///   - variables: the environment.
    ///   - arguments: the arguments, without secrets.
    ///   - input: the standard input.
    ///   - activity: the kind of work, for the process record and the time limit.
    ///   - deadline: the end of the time limit if it began earlier.
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
        defer { folder.removeProcessRecord(of: activity) }
        do throws(ChildFailure) {
            return try await program.run(arguments, input: Array(input.utf8), deadline: rest) { [folder] process in
                folder.recordProcess(process, of: activity)
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
