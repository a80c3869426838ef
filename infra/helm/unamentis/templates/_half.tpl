{{/* One half of the deployment, api or core: {root, part, values, graceSeconds, liveness}. */}}
{{- define "unamentis.half" -}}
{{- $root := .root }}
{{- $name := printf "%s-%s" (include "unamentis.name" $root) .part }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "unamentis.labels" . | nindent 4 }}
spec:
  {{- if not .values.autoscaling.enabled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "unamentis.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "unamentis.labels" . | nindent 8 }}
    spec:
      serviceAccountName: {{ include "unamentis.name" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .graceSeconds }}
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "unamentis.podSecurity" (dict "user" 10001) | nindent 8 }}
      containers:
        - name: {{ .part }}
          image: {{ include "unamentis.image" (dict "image" $root.Values.image "version" $root.Chart.AppVersion) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [{{ .part }}]
          env:
            {{- include "unamentis.variables" $root | nindent 12 }}
          {{- with $root.Values.moreSecrets }}
          envFrom:
            {{- range . }}
            - secretRef: {name: {{ . }}}
            {{- end }}
          {{- end }}
          ports:
            - name: http
              containerPort: 8766
              protocol: TCP
          startupProbe:
            httpGet: {path: /ready, port: http}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /ready, port: http}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          # Whether the process serves at all: a database that is away is no reason to start it again.
          livenessProbe:
            tcpSocket: {port: http}
            periodSeconds: 15
            timeoutSeconds: 5
            failureThreshold: 4
          lifecycle:
            preStop:
              # Until nobody sends it anything new any more.
              sleep: {seconds: 5}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          securityContext:
            {{- include "unamentis.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: scratch, mountPath: /tmp}
      volumes:
        - name: data
          emptyDir: {sizeLimit: 1Gi}
        - name: scratch
          emptyDir: {sizeLimit: 256Mi}
      {{- include "unamentis.placement" . | nindent 6 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "unamentis.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "unamentis.selector" . | nindent 4 }}
  ports:
    - {name: http, port: 8766, targetPort: http, protocol: TCP}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "unamentis.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "unamentis.selector" . | nindent 6 }}
{{- if .values.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "unamentis.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $name }}}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .values.autoscaling.cpuPercent }}}
  behavior:
    scaleDown:
      # A class pauses; its conversations should not have to move for that.
      stabilizationWindowSeconds: 600
      policies:
        - {type: Pods, value: 1, periodSeconds: 120}
{{- end }}
{{- end }}
