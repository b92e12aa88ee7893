/// What becomes of a pod.
package enum PodBehaviour: Sendable, Equatable {
    /// Its containers run until it is deleted.
    case runs
    /// The containers print lines and end with a code.
    case exits(code: Int, output: [String] = [])
    /// The first container's command is run on this machine, in an environment of the container's variables and the PATH.
    case runsCommand
    /// The containers run until ``Kubelet/finish(_:code:)`` is called for it.
    case runsUntilFinished
    /// The image can't be had; the pod stays pending.
    case cannotPull(message: String)
    /// No machine has room; the pod stays pending.
    case unschedulable(message: String)
    /// The node has it, and its containers never start: a volume is missing, for example.
    case hangs
    /// The init container ends with a code.
    case initFails(code: Int, output: [String] = [])
}

/// A pod, as a test decides what becomes of it.
package struct PodDescription: Sendable {
    package let namespace: String
    package let name: String
    package let labels: [String: String]
    /// Of the first container.
    package let image: String
    package let command: [String]
    package let args: [String]
    /// Those with a value of their own, and those that stand for a field of the pod.
    package let environment: [String: String]
    /// How often its containers were started before.
    package let attempt: Int
    /// All of it.
    package let object: JSONTree

    init(_ pod: JSONTree, attempt: Int) {
        object = pod
        namespace = pod.metadata.namespace.text ?? ""
        name = pod.metadata.name.text ?? ""
        labels = pod.metadata.labels.texts
        let container = pod.spec.containers[0]
        image = container.image.text ?? ""
        let variables = PodVariables(container, of: pod)
        environment = variables.values
        command = container.command.elements.compactMap(\.text).map(variables.expand)
        args = container.args.elements.compactMap(\.text).map(variables.expand)
        self.attempt = attempt
    }
}
