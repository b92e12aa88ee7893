import ArgumentParser
import CommandLine
import LocalBackend
import Service

/// `tfjob-admin`: the verbs for users, the service, and the hidden verbs that the service starts.
@main
struct TFJobAdmin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tfjob-admin",
        abstract: "Runs distributed TensorFlow training jobs by git push.",
        version: Application.version,
        subcommands: [Serve.self] + Verbs.all + [Supervise.self, Provision.self]
    )
}

/// `tfjob-admin supervise`: the parent process of one replica. Only the service starts it.
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

/// `tfjob-admin provision`: creates one virtual environment. Only the service starts it.
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
