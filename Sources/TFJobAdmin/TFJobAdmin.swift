import ArgumentParser
import CommandLine
import Jobs
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
struct Supervise: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one replica and keeps its exit code.",
        shouldDisplay: false
    )

    @Argument(help: "The replica's folder.")
    var folder: String

    func run() throws {
        throw ExitCode(Supervisor.run(folder: folder))
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

/// `tfjob-admin serve`: runs the service.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves a jobs repository: carries out each commit and shows what became of it.",
        discussion: """
            Each flag wins over the environment (TFJOB_ADMIN_REPOSITORY, TFJOB_ADMIN_BRANCH, TFJOB_ADMIN_STATE,
            TFJOB_ADMIN_LISTEN), and that wins over the configuration file.
            """
    )

    @Option(help: ArgumentHelp("The configuration, one YAML file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The jobs repository: a path or a file:// URL.", valueName: "url|path"))
    var repository: String?

    @Option(help: ArgumentHelp("The branch to serve. (default: \(ServiceDefaults.branch))", valueName: "name"))
    var branch: String?

    @Option(
        help: ArgumentHelp(
            "Where runs, logs and the journal are kept. (default: \(Application.defaultStateHelp))",
            valueName: "dir"
        )
    )
    var state: String?

    @Option(
        help: ArgumentHelp(
            "The address of the REST view, or unix:PATH for a socket. (default: \(ServiceDefaults.listenAddress))",
            valueName: "host:port"
        )
    )
    var listen: String?

    func run() async throws {
        let flags = SettingsSource.Flags(repository: repository, branch: branch, state: state, listen: listen)
        let application: Application
        do throws(SettingsError) {
            application = try Application(SettingsSource(config: config, flags: flags))
        } catch {
            throw ValidationError("\(error)")
        }
        do {
            try await application.run()
        } catch let error as StartError {
            StandardError.writeMessage("\(error)")
            throw ExitCode.failure
        }
    }
}
