import HummingbirdCore
import NIOCore

extension KubernetesResponder {
    /// What a container has printed.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod>,
    /// `LogLocation` and `validateContainer`,
    /// <https://github.com/kubernetes/kubernetes/blob/008b3652959ca58af8be3fb5b6ecfe9ae7638282/pkg/registry/core/pod/strategy.go>.
    func podLog(_ call: APICall) async throws(APIError) -> Answer {
        let pod = try await state.get(call.target.key, of: .pods)
        let name = pod.metadata.name.text ?? ""
        let containers = pod.spec.containers.elements.compactMap(\.name.text)
        let all = pod.spec.initContainers.elements.compactMap(\.name.text) + containers
        let container: String
        if let wanted = call.query["container"], !wanted.isEmpty {
            guard all.contains(wanted) else {
                throw .badRequest("container \(wanted) is not valid for pod \(name)")
            }
            container = wanted
        } else {
            guard containers.count == 1 else {
                throw .badRequest(
                    "a container name must be specified for pod \(name), choose one of: [\(all.joined(separator: " "))]"
                )
            }
            container = containers[0]
        }
        guard let log = kubelet.log(of: pod, container: container) else {
            let statuses = pod.status.containerStatuses.elements + pod.status.initContainerStatuses.elements
            let reason = statuses.first { $0.name.text == container }?.state.waiting.reason.text
            if pod.spec.nodeName.isNull { return Answer(.text("")) }
            throw .badRequest(
                "container \"\(container)\" in pod \"\(name)\" is waiting to start: \(reason ?? "ContainerCreating")"
            )
        }
        let tail = call.query["tailLines"].flatMap(Int.init)
        guard call.isSet("follow") else {
            let text = log.lines(last: tail).map { "\($0)\n" }.joined()
            return Answer(.text(call.query["limitBytes"].flatMap(Int.init).map { String(text.prefix($0)) } ?? text))
        }
        return Answer(
            .stream(contentType: "text/plain") { writer in
                for await line in log.follow(last: tail) {
                    try await writer.write(ByteBuffer(string: "\(line)\n"))
                }
            }
        )
    }
}
