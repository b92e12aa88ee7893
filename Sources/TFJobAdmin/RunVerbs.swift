import ArgumentParser
import LocalBackend

/// `tfjob-admin supervise`: the parent of one replica, started by the service alone.
struct Supervise: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one replica and keeps its exit code.",
        shouldDisplay: false
    )

    @Argument(help: "The replica's folder.")
    var folder: String

    func run() async throws {
        try await Supervisor(folder: folder).run()
    }
}

/// `tfjob-admin provision`: makes one virtual environment, started by the service alone.
struct Provision: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes one virtual environment.",
        shouldDisplay: false
    )

    @Option(help: "The interpreter to make it of.")
    var python: String

    @Option(help: "What to install, as pip takes it.")
    var requirement: String

    @Argument(help: "The environment's folder.")
    var folder: String

    func run() async throws {
        guard try await VirtualEnvironment(path: folder, requirement: requirement).provision(with: python) else {
            throw ExitCode.failure
        }
    }
}
