import ArgumentParser
import LocalBackend

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
